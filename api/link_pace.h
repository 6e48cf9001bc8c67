/*
 * link_pace.h - how much one source may ask of the links of mails.
 *
 * Every request costs a source LINK_PACE_KNOWN, one with a token that is none
 * of ours LINK_PACE_UNKNOWN; of LINK_PACE_MINUTE there are as many again each
 * minute.  A source is an IPv4 address or an IPv6 /64; this host's own
 * addresses are none.  Sources share LINK_PACE_PLACES counts by a secret
 * hash: a flood fills its own, and hardly anybody else's.  Thread-safe
 * without a lock.
 */
#ifndef API_LINK_PACE_H
#define API_LINK_PACE_H

#include "api/peer.h"

#define LINK_PACE_PLACES  65536
#define LINK_PACE_MINUTE  12000
#define LINK_PACE_KNOWN   1
#define LINK_PACE_UNKNOWN 200

struct link_pace;

struct link_pace *link_pace_new(void);
void link_pace_free(struct link_pace *p);

/* False: it had nothing left in this minute, and nothing is to be looked at
 * for it.  A cost of 0 only asks. */
bool link_pace_take(struct link_pace *p, const struct peer *source,
    int64_t now_us, uint32_t cost);

#endif
