/*
 * loopback.h - whether a host as people write it is this one: what is sent
 * there in clear leaves the machine by no wire (RFC 8314 section 3).
 */
#ifndef NET_LOOPBACK_H
#define NET_LOOPBACK_H

#include "lib/base/base.h"

/* An address: 127.0.0.0/8 or ::1. */
bool loopback_address(const char *host);

/* An address of loopback, or the name localhost in any case. */
bool loopback_host(const char *host);

#endif
