#include "api/link_cache.h"

#include "lib/base/mem.h"

#include <pthread.h>

/* A campaign's place is its number's: those of a time have one each. */
struct campaign_links {
	int64_t campaign; /* 0: none */
	size_t count;
	struct link_target *links; /* with their texts, one allocation */
};

struct link_cache {
	pthread_rwlock_t lock;
	struct campaign_links at[LINK_CACHE_CAMPAIGNS];
};

struct link_cache *
link_cache_new(void)
{
	struct link_cache *c = NEW(struct link_cache);

	pthread_rwlock_init(&c->lock, NULL);
	return c;
}

void
link_cache_free(struct link_cache *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < LINK_CACHE_CAMPAIGNS; i++)
		free(c->at[i].links);
	pthread_rwlock_destroy(&c->lock);
	free(c);
}

static struct campaign_links *
place_of(struct link_cache *c, int64_t campaign)
{
	return &c->at[(uint64_t)campaign % LINK_CACHE_CAMPAIGNS];
}

static const struct link_target *
find(const struct campaign_links *l, uint32_t number)
{
	size_t low = 0, high = l->count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (l->links[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->count && l->links[low].number == number ? &l->links[low]
								: NULL;
}

enum link_found
link_cache_get(struct link_cache *c, int64_t campaign, uint32_t number,
    struct arena *a, struct str *url)
{
	enum link_found found = LINK_CACHE_MISS;
	const struct campaign_links *l = place_of(c, campaign);
	const struct link_target *link;

	pthread_rwlock_rdlock(&c->lock);
	if (l->campaign == campaign && l->links != NULL) {
		link = find(l, number);
		found = link != NULL ? LINK_CACHE_LINK : LINK_CACHE_NO_LINK;
		if (link != NULL)
			*url = arena_dup(a, link->url);
	}
	pthread_rwlock_unlock(&c->lock);
	return found;
}

static struct link_target *
copy(const struct link_target *links, size_t count, size_t size)
{
	struct link_target *out = mem_alloc(size);
	char *p = (char *)(out + count);
	size_t i;

	for (i = 0; i < count; i++) {
		out[i] =
		    (struct link_target){links[i].number, {p, links[i].url.n}};
		if (links[i].url.n > 0)
			memcpy(p, links[i].url.p, links[i].url.n);
		p += links[i].url.n;
	}
	return out;
}

void
link_cache_put(struct link_cache *c, int64_t campaign,
    const struct link_target *links, size_t count)
{
	struct campaign_links *l = place_of(c, campaign);
	struct link_target *made, *old;
	size_t i, size = count * sizeof(*links);

	for (i = 0; i < count; i++)
		size += links[i].url.n;
	if (count == 0 || size > LINK_CACHE_BYTES)
		return;
	made = copy(links, count, size);
	pthread_rwlock_wrlock(&c->lock);
	old = l->links;
	*l = (struct campaign_links){campaign, count, made};
	pthread_rwlock_unlock(&c->lock);
	free(old);
}
