/*
 * message_cache.h - messages of campaigns that were started, compiled, for
 * those who view them in a browser: they do not change any more.
 *
 * The latest MESSAGE_CACHE_CAMPAIGNS that somebody asked for.  What is held
 * stays until it is given back, also when another took its place.
 * Thread-safe; one message may be rendered by many at once.
 */
#ifndef API_MESSAGE_CACHE_H
#define API_MESSAGE_CACHE_H

#include "api/campaign_message.h"

#define MESSAGE_CACHE_CAMPAIGNS 16

struct message_cache;
struct cached_message;

struct message_cache *message_cache_new(void);
void message_cache_free(struct message_cache *c); /* all were given back */

/* NULL: it is not there. */
struct cached_message *message_cache_take(struct message_cache *c,
    int64_t campaign);
/* Takes m->message over and copies what is shown beside it; held, as by
 * _take. */
struct cached_message *message_cache_put(struct message_cache *c,
    int64_t campaign, const struct campaign_message *m) MUST_USE;
void message_cache_give(struct message_cache *c, struct cached_message *held);

/* Its source has the attachments only. */
const struct campaign_message *cached_message(
    const struct cached_message *held);

#endif
