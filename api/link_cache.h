/*
 * link_cache.h - where the links of campaigns lead, kept in memory: they do
 * not change once the campaign was started.
 *
 * The latest LINK_CACHE_CAMPAIGNS that somebody asked for, and none whose
 * links take up more than LINK_CACHE_BYTES.  Thread-safe.
 */
#ifndef API_LINK_CACHE_H
#define API_LINK_CACHE_H

#include "lib/base/arena.h"

#define LINK_CACHE_CAMPAIGNS 256
#define LINK_CACHE_BYTES     ((size_t)128 << 10) /* of one of them */

struct link_cache;

struct link_cache *link_cache_new(void);
void link_cache_free(struct link_cache *c);

enum link_found {
	LINK_CACHE_MISS = 0,
	LINK_CACHE_NO_LINK, /* the campaign has no such link */
	LINK_CACHE_LINK,
};
enum link_found link_cache_get(struct link_cache *c, int64_t campaign,
    uint32_t number, struct arena *a, struct str *url);

/* All of them, by number; no more of them will come. */
struct link_target {
	uint32_t number;
	struct str url;
};
void link_cache_put(struct link_cache *c, int64_t campaign,
    const struct link_target *links, size_t count);

#endif
