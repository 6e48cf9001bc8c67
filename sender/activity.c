#include "sender/activity.h"

#include "lib/base/clock.h"
#include "lib/base/json_write.h"
#include "sender/worker.h"

#define WHY_MAX    200
#define GROUPS_MAX 100

/* An account in one word, and what is the matter. */
struct condition {
	const char *state, *why;
	int64_t for_ms; /* 0: nobody knows how long */
};

static struct condition
open_condition(const struct relay *r, const struct smtp_pool_state *s)
{
	if (s->retry_ms > 0)
		return (struct condition){"slowed", s->trouble, s->retry_ms};
	if (meter_left(&r->meter) == 0)
		return (struct condition){"limited",
		    "its limits allow no more now", 0};
	if (s->opening > 0 && s->idle + s->working == 0)
		return (struct condition){"connecting", s->trouble, 0};
	return (struct condition){"open", "", 0};
}

static struct condition
condition_of(const struct relay *r, const struct smtp_pool_state *s)
{
	switch (r->state) {
	case RELAY_OPEN: return open_condition(r, s);
	case RELAY_LOGIN:
		return (struct condition){"connecting",
		    "a token, or another worker's login, is awaited", 0};
	case RELAY_RESTING:
		return (struct condition){"unreachable", r->why,
		    r->rest_until_ms - clock_mono_ms()};
	case RELAY_HALTING: return (struct condition){"paused", r->why, 0};
	case RELAY_OFF: break;
	}
	return (struct condition){"paused", "", 0};
}

static void
put_int(struct json_write *j, const char *key, int64_t v)
{
	json_write_key(j, key);
	json_write_int(j, v);
}

static void
put_words(struct json_write *j, const char *state, const char *why,
    int64_t for_ms)
{
	json_write_member(j, "state", str_of(state));
	json_write_member(j, "why", str_fit(str_of(why), WHY_MAX));
	put_int(j, "for_s", for_ms > 0 ? (for_ms + 999) / 1000 : 0);
}

static void
put_account(struct json_write *j, const struct relay *r)
{
	struct smtp_pool_state s = {.trouble = ""};
	struct condition c;

	if (r->share == 0)
		return;
	if (r->pool != NULL)
		smtp_pool_state(r->pool->pool, &s);
	c = condition_of(r, &s);
	json_write_open(j, '{');
	put_int(j, "id", r->row.id);
	put_words(j, c.state, c.why, c.for_ms);
	put_int(j, "connections", s.idle + s.working);
	put_int(j, "under_way", s.queued + s.under_way);
	json_write_close(j, '}');
}

static void
put_accounts(struct json_write *j, const struct worker *w)
{
	const struct relay *r;

	json_write_open(j, '[');
	for (r = w->relays; r != NULL; r = r->next)
		put_account(j, r);
	json_write_close(j, ']');
}

/* What is open is not told. */
struct group_list {
	struct json_write *json;
	int64_t account;
	int left; /* so many more are told */
};

static void
put_group(const struct lane_condition *c, void *arg)
{
	struct group_list *list = arg;
	struct json_write *j = list->json;

	if (list->left-- <= 0)
		return;
	json_write_open(j, '{');
	put_int(j, "account", list->account);
	json_write_member(j, "name", c->group);
	put_words(j, c->state, c->why, c->for_ms);
	put_int(j, "under_way", c->under_way);
	put_int(j, "allowed", c->allowed);
	json_write_close(j, '}');
}

static void
put_groups(struct json_write *j, const struct worker *w)
{
	struct group_list list = {.json = j, .left = GROUPS_MAX};
	const struct relay *r;

	json_write_open(j, '[');
	for (r = w->relays; r != NULL; r = r->next) {
		list.account = r->row.id;
		lanes_each_uneasy(&r->lanes, put_group, &list);
	}
	json_write_close(j, ']');
}

/* Accepted since the last time that it was told. */
static int64_t
rate_of(struct mailing *m, int64_t passed_ms)
{
	int64_t n = m->accepted - m->accepted_told;

	m->accepted_told = m->accepted;
	return passed_ms > 0 ? n * 1000 / passed_ms : 0;
}

static void
put_campaign(struct json_write *j, struct mailing *m, int64_t passed_ms)
{
	int64_t under_way = 0, waiting = 0;
	const struct lease *l;

	for (l = m->leases; l != NULL; l = l->next) {
		under_way += (int64_t)l->given;
		waiting += (int64_t)(l->count - l->given - l->settled);
	}
	json_write_open(j, '{');
	put_int(j, "id", m->id);
	put_int(j, "rate", rate_of(m, passed_ms));
	put_int(j, "under_way", under_way);
	put_int(j, "waiting", waiting);
	json_write_close(j, '}');
}

static void
put_campaigns(struct json_write *j, struct worker *w, int64_t passed_ms)
{
	struct mailing *m;

	json_write_open(j, '[');
	for (m = w->mailings; m != NULL; m = m->next)
		put_campaign(j, m, passed_ms);
	json_write_close(j, ']');
}

static void
on_told(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct worker *w = arg;

	(void)results;
	(void)count;
	(void)err;
	w->activity.telling = false;
}

static void
send_row(struct worker *w, const struct buf texts[3])
{
	struct db_batch *b = db_batch_new(w->link);

	w->activity.telling = true;
	db_batch_add(b, Q_STATUS_PUT,
	    DB_ARGS(db_cstr(w->name), db_text(buf_view(&texts[0])),
		db_text(buf_view(&texts[1])), db_text(buf_view(&texts[2]))));
	db_batch_send(b, on_told, w);
}

void
activity_tick(struct worker *w)
{
	int64_t now = clock_mono_ms(), passed = now - w->activity.told_ms;
	struct json_write j[3];
	struct buf texts[3];
	size_t i;

	if (w->activity.telling || passed < ACTIVITY_TELL_MS || w->stopping ||
	    !db_link_is_up(w->link))
		return;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		buf_init(&texts[i], ACTIVITY_BYTES_MAX);
		json_write_init(&j[i], &texts[i]);
	}
	put_campaigns(&j[0], w, w->activity.told_ms > 0 ? passed : 0);
	put_accounts(&j[1], w);
	put_groups(&j[2], w);
	w->activity.told_ms = now;
	if (!texts[0].full && !texts[1].full && !texts[2].full)
		send_row(w, texts);
	for (i = 0; i < ARRAY_LEN(texts); i++)
		buf_release(&texts[i]);
}

static void
on_removed(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	(void)err;
	(void)arg;
}

void
activity_remove(struct worker *w)
{
	struct db_batch *b = db_batch_new(w->link);

	db_batch_add(b, Q_STATUS_REMOVE, DB_ARGS(db_cstr(w->name)));
	db_batch_send(b, on_removed, NULL);
}
