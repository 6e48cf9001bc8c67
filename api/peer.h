/*
 * peer.h - who is at the other end of a connection: an IP address.
 */
#ifndef API_PEER_H
#define API_PEER_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

#define PEER_NETWORK_MAX 48 /* bytes of its text */

struct peer {
	uint32_t family;      /* 4 or 6; 0: not known */
	unsigned char at[16]; /* the rest is zero */
};

struct sockaddr;

/* An IPv4 address that comes as an IPv6 one is one of IPv4. */
struct peer peer_of(const struct sockaddr *sa);
/* As text has it, "192.0.2.1" or "2001:db8::1"; false: it is none. */
bool peer_parse(struct peer *out, struct str text) MUST_USE;

/* Who speaks through proxies of ours: the last one in X-Forwarded-For
 * that is none of them, and `direct` unless that is one.  `proxies`:
 * addresses, blanks or commas between. */
struct peer peer_behind(struct peer direct, struct str forwarded,
    struct str proxies);
/* False: something in it is no address. */
bool peer_list_check(struct str proxies);

bool peer_eq(const struct peer *a, const struct peer *b);
/* An address that says something about a person: not this host's. */
bool peer_is_public(const struct peer *p);
/* What one party has of addresses: its bytes, of IPv6 those of the /64. */
struct str peer_site(const struct peer *p);
/* Its /24 or /48, "192.0.2.0/24"; empty unless it is public. */
struct str peer_network(const struct peer *p, struct arena *a);

#endif
