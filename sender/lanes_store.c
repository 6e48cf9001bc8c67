/* lanes_store.c - the lanes of an account between database and memory. */
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sender/handout.h"
#include "sender/lanes.h"
#include "sender/worker.h"

#include <limits.h>

enum { LIMIT_NAME, LIMIT_CONNECTIONS, LIMIT_RATED };
enum {
	STATE_NAME,
	STATE_SLOW,
	STATE_ALLOWED,
	STATE_PATIENCE_MS,
	STATE_SHUT_MS,
	STATE_WHY,
};

/* Each worker has its share, at least one. */
static int
share_of(const struct relay *r, int64_t connections)
{
	int64_t n = connections / r->worker->count;

	if (connections == 0)
		return INT_MAX;
	return n > 0 ? (int)n : 1;
}

static void
take_limits(struct lanes *s, const struct db_result *r)
{
	size_t n = (size_t)db_rows(r), i;
	struct lane_limit *limit;

	if (n > LANES_LIMITS_MAX)
		n = LANES_LIMITS_MAX;
	arena_reset(&s->arena);
	s->limits = ARENA_ARRAY(&s->arena, struct lane_limit, n + 1);
	s->limit_count = n;
	for (i = 0; i < n; i++) {
		limit = &s->limits[i];
		limit->name =
		    arena_dup(&s->arena, db_get_text(r, (int)i, LIMIT_NAME));
		limit->connections = share_of(s->relay,
		    db_get_int(r, (int)i, LIMIT_CONNECTIONS));
		limit->rated = db_get_bool(r, (int)i, LIMIT_RATED);
	}
}

static void
take_state(struct lanes *s, const struct db_result *r, int line)
{
	struct group *g = group_take(&s->relay->worker->groups,
	    db_get_text(r, line, STATE_NAME));
	const struct lane_memory m = {
	    .state =
		db_get_bool(r, line, STATE_SLOW) ? LANE_SLOW : LANE_REDUCED,
	    .allowed = (int)db_get_int(r, line, STATE_ALLOWED),
	    .patience_ms = db_get_int(r, line, STATE_PATIENCE_MS),
	    .shut_ms = db_get_int(r, line, STATE_SHUT_MS),
	    .why = db_get_text(r, line, STATE_WHY),
	};

	lanes_remember(lanes_get(s, g), &m);
	group_leave(g);
}

static void
on_read(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct lanes *s = arg;
	int i, rows;

	(void)count;
	s->reading = false;
	if (err != NULL)
		return; /* the next tick asks again */
	take_limits(s, &results[0]);
	lanes_rebind(s);
	s->stale = false;
	rows = s->known ? 0 : db_rows(&results[1]);
	for (i = 0; i < rows; i++)
		take_state(s, &results[1], i);
	s->known = true;
	handout_soon(s->relay->worker);
}

void
lanes_read(struct lanes *s)
{
	struct db_batch *b = db_batch_new(s->relay->worker->link);

	s->reading = s->stale = true;
	db_batch_add(b, Q_GROUP_LIMITS, DB_ARGS(db_int(s->relay->row.id)));
	db_batch_add(b, Q_GROUP_STATES, DB_ARGS(db_int(s->relay->row.id)));
	db_batch_send(b, on_read, s);
}

/* Columns of group_state_put, and the groups of group_state_remove. */
struct rows {
	size_t n, gone_n;
	struct str name[LANES_STORE_MAX], state[LANES_STORE_MAX];
	struct str why[LANES_STORE_MAX], gone[LANES_STORE_MAX];
	int64_t allowed[LANES_STORE_MAX], patience_ms[LANES_STORE_MAX];
	int64_t shut_ms[LANES_STORE_MAX];
};

static void
add(struct rows *rows, struct lane *l, int64_t now)
{
	size_t i;

	l->dirty = false;
	if (l->state == LANE_OPEN) {
		if (l->stored)
			rows->gone[rows->gone_n++] = group_name(l->group);
		l->stored = false;
		return;
	}
	i = rows->n++;
	l->stored = true;
	rows->name[i] = group_name(l->group);
	rows->state[i] = str_of(lane_state_name(l->state));
	rows->why[i] = str_of(l->why != NULL ? l->why : "");
	rows->allowed[i] = l->allowed;
	rows->patience_ms[i] = l->patience_ms;
	rows->shut_ms[i] = l->shut_until_ms > now ? l->shut_until_ms - now : 0;
}

static void
on_written(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct lanes *s = arg;

	(void)results;
	(void)count;
	(void)err; /* a hint was lost */
	s->writing = false;
}

static void
send_rows(struct lanes *s, const struct rows *rows)
{
	struct db_batch *b = db_batch_new(s->relay->worker->link);
	int64_t account = s->relay->row.id;

	s->writing = true;
	if (rows->gone_n > 0)
		db_batch_add(b, Q_GROUP_STATE_REMOVE,
		    DB_ARGS(db_int(account),
			db_text_array(rows->gone, rows->gone_n)));
	if (rows->n > 0)
		db_batch_add(b, Q_GROUP_STATE_PUT,
		    DB_ARGS(db_int(account), db_text_array(rows->name, rows->n),
			db_text_array(rows->state, rows->n),
			db_int_array(rows->allowed, rows->n),
			db_int_array(rows->patience_ms, rows->n),
			db_int_array(rows->shut_ms, rows->n),
			db_text_array(rows->why, rows->n)));
	db_batch_send(b, on_written, s);
}

void
lanes_write(struct lanes *s)
{
	struct rows *rows = NEW(struct rows);
	int64_t now = clock_mono_ms();
	struct lane *l;

	s->stored_ms = now;
	for (l = s->uneasy; l != NULL; l = l->next_uneasy)
		if (l->dirty && rows->n < LANES_STORE_MAX &&
		    rows->gone_n < LANES_STORE_MAX)
			add(rows, l, now);
	if (rows->n + rows->gone_n > 0)
		send_rows(s, rows);
	free(rows);
}
