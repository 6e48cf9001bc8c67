/*
 * private_address.h - whether an address leads to this machine, into a
 * network of one's own, or nowhere in the public Internet.
 *
 * 0/8, 10/8, 100.64/10, 127/8, 169.254/16, 172.16/12, 192.0.0/24, 192.168/16,
 * 198.18/15, 224/3; of IPv6 everything but 2000::/3, and in that 2002::/16
 * and 2001::/32, which carry IPv4.  Mapped and translated IPv4 (::ffff:0:0/96,
 * 64:ff9b::/96) is not told from others: it is private.
 */
#ifndef NET_PRIVATE_ADDRESS_H
#define NET_PRIVATE_ADDRESS_H

#include "lib/base/base.h"

struct sockaddr;

/* Of another family: it is. */
bool private_address(const struct sockaddr *a);

#endif
