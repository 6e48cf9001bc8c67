#include "api/message_cache.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <pthread.h>

#define ENTRY_MAX (16U << 20) /* attachments are limited before */

struct cached_message {
	int64_t campaign;
	int holders; /* the cache is one */
	struct campaign_message m;
	struct arena arena;
};

/* A campaign's place is its number's. */
struct message_cache {
	pthread_mutex_t lock;
	struct cached_message *at[MESSAGE_CACHE_CAMPAIGNS];
};

struct message_cache *
message_cache_new(void)
{
	struct message_cache *c = NEW(struct message_cache);

	pthread_mutex_init(&c->lock, NULL);
	return c;
}

/* With the lock; what nobody holds goes. */
static void
let_go(struct cached_message *e)
{
	if (e == NULL || --e->holders > 0)
		return;
	message_free(e->m.message);
	arena_release(&e->arena);
	free(e);
}

void
message_cache_free(struct message_cache *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < MESSAGE_CACHE_CAMPAIGNS; i++) {
		assert(c->at[i] == NULL || c->at[i]->holders == 1);
		let_go(c->at[i]);
	}
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static struct cached_message **
place_of(struct message_cache *c, int64_t campaign)
{
	return &c->at[(uint64_t)campaign % MESSAGE_CACHE_CAMPAIGNS];
}

struct cached_message *
message_cache_take(struct message_cache *c, int64_t campaign)
{
	struct cached_message *e;

	pthread_mutex_lock(&c->lock);
	e = *place_of(c, campaign);
	if (e != NULL && e->campaign != campaign)
		e = NULL;
	if (e != NULL)
		e->holders++;
	pthread_mutex_unlock(&c->lock);
	return e;
}

static struct message_attachment *
copy_files(struct arena *a, const struct message_source *s)
{
	struct message_attachment *out =
	    ARENA_ARRAY(a, struct message_attachment, s->attachment_count + 1);
	size_t i;

	for (i = 0; i < s->attachment_count; i++)
		out[i] = (struct message_attachment){
		    .type = arena_dup(a, s->attachments[i].type),
		    .content_id = arena_dup(a, s->attachments[i].content_id),
		    .content = arena_dup(a, s->attachments[i].content),
		};
	return out;
}

struct cached_message *
message_cache_put(struct message_cache *c, int64_t campaign,
    const struct campaign_message *m)
{
	struct cached_message *e = NEW(struct cached_message);
	struct cached_message **place = place_of(c, campaign);

	arena_init(&e->arena, ENTRY_MAX);
	e->campaign = campaign;
	e->holders = 2; /* the cache, and who asks */
	e->m.message = m->message;
	e->m.postal_address = arena_dup(&e->arena, m->postal_address);
	e->m.source.attachments = copy_files(&e->arena, &m->source);
	e->m.source.attachment_count = m->source.attachment_count;
	pthread_mutex_lock(&c->lock);
	let_go(*place);
	*place = e;
	pthread_mutex_unlock(&c->lock);
	return e;
}

void
message_cache_give(struct message_cache *c, struct cached_message *held)
{
	pthread_mutex_lock(&c->lock);
	let_go(held);
	pthread_mutex_unlock(&c->lock);
}

const struct campaign_message *
cached_message(const struct cached_message *held)
{
	return &held->m;
}
