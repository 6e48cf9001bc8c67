#include "lib/base/base.h"

#include "sender/smtp_roster.h"

#include "lib/base/mem.h"

#include <assert.h>

/* Rows: from; columns: opening, idle, working, full, leaving, gone. */
static const bool legal[MEMBER_STATE__COUNT][MEMBER_STATE__COUNT] = {
    [MEMBER_OPENING] = {false, true, true, true, true, true},
    [MEMBER_IDLE] = {false, false, true, true, true, true},
    [MEMBER_WORKING] = {false, true, false, true, true, true},
    [MEMBER_FULL] = {false, true, true, false, true, true},
    [MEMBER_LEAVING] = {false, false, false, false, false, true},
};

static void
list_remove(struct smtp_roster *r, struct smtp_member *m)
{
	if (m->prev != NULL)
		m->prev->next = m->next;
	else
		r->first[m->state] = m->next;
	if (m->next != NULL)
		m->next->prev = m->prev;
	r->counts[m->state]--;
}

static void
list_add(struct smtp_roster *r, struct smtp_member *m)
{
	m->prev = NULL;
	m->next = r->first[m->state];
	if (m->next != NULL)
		m->next->prev = m;
	r->first[m->state] = m;
	r->counts[m->state]++;
}

static void
move(struct smtp_roster *r, struct smtp_member *m, enum smtp_member_state to)
{
	assert(legal[m->state][to]);
	list_remove(r, m);
	m->state = to;
	if (to == MEMBER_GONE)
		r->links--;
	else
		list_add(r, m);
}

struct smtp_member *
smtp_roster_add(struct smtp_roster *r, struct smtp_pool *pool)
{
	struct smtp_member *m = NEW(struct smtp_member);

	m->pool = pool;
	m->state = MEMBER_OPENING;
	list_add(r, m);
	r->links++;
	return m;
}

void
smtp_roster_settle(struct smtp_roster *r, struct smtp_member *m)
{
	enum smtp_member_state to = MEMBER_WORKING;

	if (smtp_link_leaving(m->link))
		to = MEMBER_LEAVING;
	else if (smtp_link_busy(m->link) == 0)
		to = MEMBER_IDLE;
	else if (smtp_link_room(m->link) == 0)
		to = MEMBER_FULL;
	if (to != m->state)
		move(r, m, to);
}

void
smtp_roster_drop(struct smtp_roster *r, struct smtp_member *m)
{
	move(r, m, MEMBER_GONE);
	smtp_link_free(m->link);
	free(m);
}

struct smtp_member *
smtp_roster_best(const struct smtp_roster *r)
{
	if (r->first[MEMBER_IDLE] != NULL)
		return r->first[MEMBER_IDLE];
	return r->first[MEMBER_WORKING];
}

int
smtp_roster_live(const struct smtp_roster *r)
{
	return r->counts[MEMBER_IDLE] + r->counts[MEMBER_WORKING] +
	       r->counts[MEMBER_FULL];
}
