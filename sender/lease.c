#include "sender/lease.h"

#include "lib/base/mem.h"
#include "lib/mail/provider.h"
#include "sender/worker.h"

#include <assert.h>

enum {
	COL_ID,
	COL_LIST,
	COL_EMAIL,
	COL_KEY,
	COL_NAME,
	COL_ATTRIBUTES,
	COL_SUPPRESSED,
	COL_REPLIED,
	COL_UNTRACKED,
	COL_ATTEMPT, /* these only of retry_claim */
	COL_FIRST_AT,
	COL_ACCOUNT,
};

struct lease *
lease_new(enum lease_kind kind, struct mailing *mailing)
{
	struct lease *l = NEW(struct lease);

	l->kind = kind;
	l->mailing = mailing;
	arena_init(&l->arena, LEASE_BYTES_MAX);
	return l;
}

static void
load_one(struct lease *l, struct recipient *r, const struct db_result *rows,
    int line)
{
	struct arena *a = &l->arena;

	r->lease = l;
	r->delivery = db_get_int(rows, line, COL_ID);
	r->list_id = db_get_int(rows, line, COL_LIST);
	r->email = arena_dup(a, db_get_text(rows, line, COL_EMAIL));
	r->key = arena_dup(a, db_get_text(rows, line, COL_KEY));
	r->name = arena_dup(a, db_get_text(rows, line, COL_NAME));
	r->attributes = arena_dup(a, db_get_text(rows, line, COL_ATTRIBUTES));
	r->group =
	    group_take(&l->mailing->worker->groups, provider_group_of(r->key));
	r->suppressed = db_get_bool(rows, line, COL_SUPPRESSED);
	r->replied = !r->suppressed && db_get_bool(rows, line, COL_REPLIED);
	r->untracked = db_get_bool(rows, line, COL_UNTRACKED);
	r->attempt = 1;
	r->first_at_us = INT64_MIN;
	if (l->kind == LEASE_RANGE)
		return;
	r->attempt = (int)db_get_int(rows, line, COL_ATTEMPT);
	r->first_at_us = db_get_time(rows, line, COL_FIRST_AT);
	r->account_id = db_get_int(rows, line, COL_ACCOUNT);
}

static void
wait(struct recipient *r)
{
	struct lease *l = r->lease;

	r->stage = RECIPIENT_WAITING;
	r->next = NULL;
	r->prev = l->waiting_last;
	if (r->prev != NULL)
		r->prev->next = r;
	else
		l->waiting = r;
	l->waiting_last = r;
}

static void
wait_first(struct recipient *r)
{
	struct lease *l = r->lease;

	r->stage = RECIPIENT_WAITING;
	r->prev = NULL;
	r->next = l->waiting;
	if (r->next != NULL)
		r->next->prev = r;
	else
		l->waiting_last = r;
	l->waiting = r;
}

static void
unlink_waiting(struct recipient *r)
{
	struct lease *l = r->lease;

	if (r->pile != NULL) {
		pile_take(r);
		return;
	}
	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		l->waiting = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	else
		l->waiting_last = r->prev;
	r->prev = r->next = NULL;
}

void
lease_park(struct recipient *r)
{
	assert(r->stage == RECIPIENT_WAITING && r->pile == NULL);
	unlink_waiting(r);
	pile_put(r);
}

void
lease_unpark(struct lease *l)
{
	struct recipient *r;

	while (l->piles != NULL) {
		r = l->piles->last;
		pile_take(r);
		wait_first(r);
	}
}

/* Nobody is waited for any more. */
static void
leave_groups(struct lease *l)
{
	size_t i;

	lease_unpark(l);
	for (i = 0; i < l->count; i++)
		if (l->at[i].group != NULL)
			group_leave(l->at[i].group);
}

void
lease_free(struct lease *l)
{
	if (l == NULL)
		return;
	leave_groups(l);
	arena_release(&l->arena);
	free(l->at);
	free(l);
}

void
lease_remove(struct lease *l)
{
	struct lease **at = &l->mailing->leases;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	lease_free(l);
}

void
lease_load(struct lease *l, const struct db_result *rows)
{
	size_t i;

	assert(!l->loaded);
	l->loaded = true;
	l->reserved = 0;
	l->count = (size_t)db_rows(rows);
	l->at = NEW_ARRAY(struct recipient, l->count + 1);
	for (i = 0; i < l->count; i++)
		load_one(l, &l->at[i], rows, (int)i);
	if (l->kind == LEASE_RETRY) {
		l->asked = l->count;
		for (; l->ready < l->count; l->ready++)
			wait(&l->at[l->ready]);
	}
}

void
lease_raised(struct lease *l, int64_t id)
{
	assert(l->kind == LEASE_RANGE);
	l->watermark = id;
	for (; l->ready < l->count && l->at[l->ready].delivery <= id;
	     l->ready++)
		wait(&l->at[l->ready]);
	if (l->asked < l->ready)
		l->asked = l->ready;
}

int64_t
lease_pending(const struct lease *l)
{
	return l->loaded ? (int64_t)(l->count - l->recorded) : -1;
}

size_t
lease_ask(struct lease *l, size_t most)
{
	size_t left = l->count - l->asked;

	if (most > left)
		most = left;
	l->asked += most;
	return most;
}

int64_t
lease_asked_id(const struct lease *l)
{
	int64_t id;

	if (l->asked == l->count)
		return l->last_id;
	id = l->asked > 0 ? l->at[l->asked - 1].delivery : l->watermark;
	return id > l->watermark ? id : l->watermark;
}

size_t
lease_open(const struct lease *l)
{
	return l->reserved + l->asked - l->recorded;
}

void
lease_give(struct recipient *r)
{
	assert(r->stage == RECIPIENT_WAITING);
	unlink_waiting(r);
	r->stage = RECIPIENT_GIVEN;
	r->lease->given++;
}

void
lease_give_back(struct recipient *r)
{
	struct lease *l = r->lease;

	assert(r->stage == RECIPIENT_GIVEN);
	l->given--;
	r->dot_sent = false;
	wait_first(r);
}

void
lease_settle(struct recipient *r)
{
	assert(r->stage != RECIPIENT_SETTLED);
	if (r->stage == RECIPIENT_GIVEN)
		r->lease->given--;
	else
		unlink_waiting(r);
	r->stage = RECIPIENT_SETTLED;
	r->lease->settled++;
	group_leave(r->group);
	r->group = NULL;
}

void
lease_drop(struct recipient *r)
{
	lease_settle(r);
	r->lease->recorded++;
}

bool
lease_is_good(const struct lease *l, int64_t now_ms)
{
	return l->loaded && !l->leaving && !l->lost &&
	       now_ms < l->good_until_ms;
}

bool
lease_is_finished(const struct lease *l)
{
	return l->loaded && l->settled == l->count;
}

void
lease_forget_account(struct lease *l, int64_t account_id)
{
	struct recipient *r;

	lease_unpark(l);
	for (r = l->waiting; r != NULL; r = r->next)
		if (r->account_id == account_id)
			r->account_id = 0;
}
