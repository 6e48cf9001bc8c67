/*
 * server_listen.h - a listening socket from "host:port" or "[v6]:port".
 */
#ifndef API_SERVER_LISTEN_H
#define API_SERVER_LISTEN_H

#include "lib/base/err.h"

/* Port 0 takes a free one; *port is what it became. */
bool server_listen(const char *address, int *fd, int *port,
    struct err *err) MUST_USE;

#endif
