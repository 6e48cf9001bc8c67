#include "lib/base/base.h"

#include "sender/pile.h"

#include "lib/base/mem.h"
#include "sender/lease.h"

#include <assert.h>

static void
enter_piled(struct group *g)
{
	struct groups *all = g->all;

	g->prev_piled = NULL;
	g->next_piled = all->piled;
	if (all->piled != NULL)
		all->piled->prev_piled = g;
	all->piled = g;
}

static void
leave_piled(struct group *g)
{
	if (g->prev_piled != NULL)
		g->prev_piled->next_piled = g->next_piled;
	else
		g->all->piled = g->next_piled;
	if (g->next_piled != NULL)
		g->next_piled->prev_piled = g->prev_piled;
}

static struct pile *
pile_new(struct lease *l, struct group *g, int64_t account_id)
{
	struct pile *p = NEW(struct pile);

	p->lease = l;
	p->group = g;
	p->account_id = account_id;
	p->next = l->piles;
	l->piles = p;
	if (g->piles == NULL)
		enter_piled(g);
	else
		g->piles->prev_group = p;
	p->next_group = g->piles;
	g->piles = p;
	return p;
}

static void
pile_free(struct pile *p)
{
	struct pile **at = &p->lease->piles;
	struct group *g = p->group;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (p->prev_group != NULL)
		p->prev_group->next_group = p->next_group;
	else
		g->piles = p->next_group;
	if (p->next_group != NULL)
		p->next_group->prev_group = p->prev_group;
	if (g->piles == NULL)
		leave_piled(g);
	free(p);
}

static struct pile *
pile_of(struct lease *l, struct group *g, int64_t account_id)
{
	struct pile *p = g->piles;

	while (p != NULL && (p->lease != l || p->account_id != account_id))
		p = p->next_group;
	return p != NULL ? p : pile_new(l, g, account_id);
}

void
pile_put(struct recipient *r)
{
	struct pile *p = pile_of(r->lease, r->group, r->account_id);

	assert(r->pile == NULL);
	r->pile = p;
	r->next = NULL;
	r->prev = p->last;
	if (r->prev != NULL)
		r->prev->next = r;
	else
		p->first = r;
	p->last = r;
	p->count++;
	p->group->parked++;
	r->lease->parked++;
}

void
pile_take(struct recipient *r)
{
	struct pile *p = r->pile;

	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		p->first = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	else
		p->last = r->prev;
	r->prev = r->next = NULL;
	r->pile = NULL;
	p->group->parked--;
	r->lease->parked--;
	if (--p->count == 0)
		pile_free(p);
}
