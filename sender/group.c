#include "lib/base/base.h"

#include "sender/group.h"

#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "sender/lanes.h"

#include <assert.h>

#define BUCKETS_FIRST 64

void
groups_init(struct groups *all)
{
	*all = (struct groups){.cap = BUCKETS_FIRST};
	random_bytes(&all->seed, sizeof(all->seed));
	all->buckets = NEW_ARRAY(struct group *, all->cap);
}

static void
group_free(struct group *g)
{
	struct group **at = &g->all->buckets[g->hash & (g->all->cap - 1)];
	struct lane *l;

	assert(g->piles == NULL);
	while (*at != g)
		at = &(*at)->chain;
	*at = g->chain;
	g->all->count--;
	while ((l = g->lanes) != NULL) {
		g->lanes = l->next;
		lanes_forget(l);
		lane_release(l);
		free(l);
	}
	free(g);
}

void
groups_release(struct groups *all)
{
	size_t i;

	for (i = 0; i < all->cap; i++)
		while (all->buckets[i] != NULL)
			group_free(all->buckets[i]);
	free(all->buckets);
	*all = (struct groups){0};
}

/* FNV-1a, begun anywhere. */
static uint64_t
hash_of(const struct groups *all, struct str name)
{
	uint64_t h = all->seed;
	size_t i;

	for (i = 0; i < name.n; i++) {
		h ^= (unsigned char)name.p[i];
		h *= UINT64_C(1099511628211);
	}
	return h ^ h >> 32;
}

static void
widen(struct groups *all)
{
	size_t cap = 2 * all->cap, i;
	struct group **buckets = NEW_ARRAY(struct group *, cap), *g;

	for (i = 0; i < all->cap; i++)
		while ((g = all->buckets[i]) != NULL) {
			all->buckets[i] = g->chain;
			g->chain = buckets[g->hash & (cap - 1)];
			buckets[g->hash & (cap - 1)] = g;
		}
	free(all->buckets);
	all->buckets = buckets;
	all->cap = cap;
}

static struct group *
group_new(struct groups *all, struct str name, uint64_t hash)
{
	struct group *g;
	struct group **at;

	if (all->count >= all->cap)
		widen(all);
	at = &all->buckets[hash & (all->cap - 1)];
	g = mem_zero(1, sizeof(*g) + name.n);
	g->all = all;
	g->hash = hash;
	g->n = name.n;
	memcpy(g->name, name.p, name.n);
	g->chain = *at;
	*at = g;
	all->count++;
	return g;
}

struct group *
group_take(struct groups *all, struct str name)
{
	uint64_t hash = hash_of(all, name);
	struct group *g = all->buckets[hash & (all->cap - 1)];

	while (g != NULL && (g->hash != hash || !str_eq(group_name(g), name)))
		g = g->chain;
	if (g == NULL)
		g = group_new(all, name, hash);
	g->refs++;
	return g;
}

void
group_leave(struct group *g)
{
	assert(g->refs > 0);
	if (--g->refs == 0)
		group_sweep(g);
}

void
group_sweep(struct group *g)
{
	const struct lane *l;

	if (g->refs > 0 || g->piles != NULL)
		return;
	for (l = g->lanes; l != NULL; l = l->next)
		if (!lane_is_plain(l))
			return;
	group_free(g);
}

struct str
group_name(const struct group *g)
{
	return (struct str){g->name, g->n};
}

struct lane *
group_lane(const struct group *g, const struct relay *r)
{
	struct lane *l = g->lanes;

	while (l != NULL && l->relay != r)
		l = l->next;
	return l;
}
