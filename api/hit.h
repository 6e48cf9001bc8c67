/*
 * hit.h - one request for a link or a pixel of a mail or of a shop, as it was: what is
 * written down before it is answered, and read again when it is brought into
 * the database.
 *
 * Everything in it is bounded, and text that PostgreSQL takes.  The address
 * of who asked is not in it: its network is, and a hash of day and address
 * that tells only that two hits of a day came from one.
 */
#ifndef API_HIT_H
#define API_HIT_H

#include "api/request.h"

#define HIT_AGENT_MAX   256
#define HIT_PURPOSE_MAX 64
#define HIT_TARGET_MAX  2048 /* what is longer is cut: it is only shown */
#define HIT_RECORD_MAX  3072 /* bytes of a record */

enum hit_kind { HIT_OPEN = 0, HIT_CLICK, HIT_ORDER, HIT_KIND__COUNT };
const char *hit_kind_name(enum hit_kind kind);

struct hit {
	int64_t at_us;
	int64_t delivery;
	int64_t source;  /* 0: not known */
	int64_t headers; /* hash of the names, in their order */
	enum hit_kind kind;
	bool head;
	uint32_t link;      /* of a click */
	struct str purpose; /* Sec-Purpose and the like */
	struct str agent;
	struct str network; /* "192.0.2.0/24"; empty: not known */
	struct str target;  /* of a click on a link of one's own; an order as
			     * JSON, which is refused when it is longer */
};

/* What the request tells; to be filled in: delivery, kind, link, target. */
struct hit hit_of(struct request *q);

struct str hit_encode(char out[HIT_RECORD_MAX], const struct hit *h);
/* The texts are part of `record`; false: it is none. */
bool hit_decode(struct hit *h, struct str record) MUST_USE;

#endif
