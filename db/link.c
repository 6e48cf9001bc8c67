#include "db/link.h"

#include "db/link_batch.h"
#include "db/session.h"
#include "lib/base/digest.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <libpq-fe.h>

#define SETUP_MAX 1000 /* of the texts in session.h */

/*
 *   DOWN -> CONNECTING -> SETUP -> UP
 *
 * DOWN from everywhere, with a pause that grows.
 */
enum link_state {
	LINK_DOWN = 0, /* the timer runs until the next attempt */
	LINK_CONNECTING,
	LINK_SETUP, /* the session's settings are on their way */
	LINK_UP,
};

struct db_link {
	struct loop *loop;
	char *conninfo;
	enum link_state state;
	PGconn *pg;
	struct loop_watch *watch;
	struct loop_timer *timer;
	int64_t retry_ms;
	bool told; /* the log knows that it is down */
	bool known[Q__COUNT];
	struct link_batch_queue waiting, sent;
	bool turn_due;
	int depth; /* callbacks under way */
	bool freed;
};

static void end_of_turn(void *arg);

static void
want_turn(struct db_link *l)
{
	if (l->turn_due)
		return;
	l->turn_due = true;
	loop_defer(l->loop, end_of_turn, l);
}

/* The kernel may not be asked about a socket that libpq has closed. */
static void
disconnect(struct db_link *l)
{
	loop_watch_free(l->watch);
	l->watch = NULL;
	PQfinish(l->pg);
	l->pg = NULL;
}

static void
drop_queue(struct link_batch_queue *q)
{
	struct db_batch *b;

	while ((b = link_batch_get(q)) != NULL)
		db_batch_free(b);
}

static void
destroy(struct db_link *l)
{
	free(l->conninfo);
	free(l);
}

static void
enter(struct db_link *l)
{
	l->depth++;
}

static void
leave(struct db_link *l)
{
	if (--l->depth == 0 && l->freed)
		destroy(l);
}

static int64_t
next_pause(struct db_link *l)
{
	int64_t pause = l->retry_ms;
	uint32_t random;

	l->retry_ms = pause * 2 < LINK_RETRY_MAX ? pause * 2 : LINK_RETRY_MAX;
	random_bytes(&random, sizeof(random));
	return pause / 2 + (int64_t)(random % (uint64_t)(pause / 2 + 1));
}

static void
log_lost(struct db_link *l, const struct err *err)
{
	if (l->told)
		log_debug("database_down", "text=%s",
		    log_quote(str_of(err->text)));
	else
		log_warn("database_down", "text=%s under_way=%d",
		    log_quote(str_of(err->text)), l->sent.count);
	l->told = true;
}

/* Goes down; what was under way hears that its fate is unknown. */
static void
lost(struct db_link *l, const struct err *err)
{
	struct link_batch_queue gone = l->sent;
	struct err unknown;
	struct db_batch *b;

	log_lost(l, err);
	disconnect(l);
	l->state = LINK_DOWN;
	l->sent = (struct link_batch_queue){NULL, NULL, 0};
	loop_timer_start(l->timer, next_pause(l));
	err_set(&unknown, FAIL_IO, "%s", err->text);
	while (!l->freed && (b = link_batch_get(&gone)) != NULL)
		link_batch_answer(b, &unknown);
	drop_queue(&gone);
}

static void
lost_pg(struct db_link *l, const char *doing)
{
	struct err err;

	db_fail(&err, l->pg, NULL, doing);
	lost(l, &err);
}

static void on_socket(int events, void *arg);

/* libpq may open another socket, under the same number, at any step of
 * connecting. */
static bool
watch_anew(struct db_link *l, int events)
{
	struct err err;

	loop_watch_free(l->watch);
	l->watch = loop_watch_new(l->loop, PQsocket(l->pg), on_socket, l);
	if (l->watch == NULL) {
		err_set(&err, FAIL_IO, "watch the database's socket: %s",
		    strerror(errno));
		lost(l, &err);
		return false;
	}
	loop_watch_want(l->watch, events);
	return true;
}

static bool
flush(struct db_link *l)
{
	int r = PQflush(l->pg);

	if (r < 0) {
		lost_pg(l, "send");
		return false;
	}
	loop_watch_want(l->watch, r > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
	return true;
}

static void
on_notice(void *arg, const char *text)
{
	(void)arg;
	log_debug("database_notice", "text=%s", log_quote(str_of(text)));
}

static void
connected(struct db_link *l)
{
	char setup[SETUP_MAX];

	if (!watch_anew(l, LOOP_READ))
		return;
	l->state = LINK_SETUP;
	PQsetNoticeProcessor(l->pg, on_notice, NULL);
	snprintf(setup, sizeof(setup), "%s; %s", db_session_setup,
	    db_session_keyed);
	if (PQsetnonblocking(l->pg, 1) != 0 || PQsendQuery(l->pg, setup) != 1)
		lost_pg(l, "session");
	else
		flush(l);
}

static void
continue_connecting(struct db_link *l)
{
	PostgresPollingStatusType next = PQconnectPoll(l->pg);

	switch (next) {
	case PGRES_POLLING_READING: watch_anew(l, LOOP_READ); return;
	case PGRES_POLLING_WRITING: watch_anew(l, LOOP_WRITE); return;
	case PGRES_POLLING_OK: connected(l); return;
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE: lost_pg(l, "connect"); return;
	}
}

/* What conninfo says itself comes later and wins. */
static void
begin_connecting(struct db_link *l)
{
	char silence[32];
	const char *const keys[] = {"fallback_application_name",
	    "tcp_user_timeout", "keepalives_idle", "keepalives_interval",
	    "keepalives_count", "dbname", NULL};
	const char *const values[] = {"volley", silence, "30", "10", "3",
	    l->conninfo, NULL};

	snprintf(silence, sizeof(silence), "%d", LINK_SILENCE_MS);
	memset(l->known, 0, sizeof(l->known));
	l->state = LINK_CONNECTING;
	l->pg = PQconnectStartParams(keys, values, 1);
	loop_timer_start(l->timer, LINK_CONNECT_MS);
	if (l->pg == NULL || PQstatus(l->pg) == CONNECTION_BAD)
		lost_pg(l, "connect");
	else
		watch_anew(l, LOOP_WRITE);
}

static void
up(struct db_link *l)
{
	if (PQenterPipelineMode(l->pg) != 1) {
		lost_pg(l, "session");
		return;
	}
	loop_timer_stop(l->timer);
	l->state = LINK_UP;
	l->retry_ms = LINK_RETRY_MS;
	if (l->told)
		log_info("database_up", "waiting=%d", l->waiting.count);
	l->told = false;
	want_turn(l);
}

static bool
consume(struct db_link *l)
{
	if (PQconsumeInput(l->pg) == 1)
		return true;
	lost_pg(l, "receive");
	return false;
}

/* Looks at what has come.  For want of memory libpq makes answers up or waits
 * for ever: neither is taken. */
static bool
is_busy(struct db_link *l)
{
	bool busy = PQisBusy(l->pg) != 0;

	db_check_memory(PQerrorMessage(l->pg));
	return busy;
}

static void
continue_setup(struct db_link *l)
{
	PGresult *r;
	bool ok = true;

	if (!flush(l) || !consume(l))
		return;
	while (ok && !is_busy(l)) {
		r = PQgetResult(l->pg);
		if (r == NULL) {
			up(l);
			return;
		}
		ok = PQresultStatus(r) == PGRES_COMMAND_OK;
		PQclear(r);
	}
	if (!ok)
		lost_pg(l, "session");
}

static void
take_answers(struct db_link *l)
{
	while (l->state == LINK_UP && l->sent.first != NULL && !is_busy(l)) {
		switch (link_batch_take(l->sent.first, l->pg, l->known)) {
		case LINK_MORE: break;
		case LINK_ANSWERED:
			link_batch_answer(link_batch_get(&l->sent), NULL);
			continue;
		case LINK_BROKEN: lost_pg(l, "send"); return;
		}
		if (PQstatus(l->pg) != CONNECTION_OK)
			lost_pg(l, "receive");
	}
}

static void
receive(struct db_link *l)
{
	if (!flush(l) || !consume(l))
		return;
	take_answers(l);
	if (l->state != LINK_UP)
		return;
	if (PQstatus(l->pg) != CONNECTION_OK) {
		lost_pg(l, "receive");
		return;
	}
	if (l->waiting.first != NULL)
		want_turn(l);
	flush(l);
}

static void
on_socket(int events, void *arg)
{
	struct db_link *l = arg;

	(void)events;
	enter(l);
	switch (l->state) {
	case LINK_DOWN: break;
	case LINK_CONNECTING: continue_connecting(l); break;
	case LINK_SETUP: continue_setup(l); break;
	case LINK_UP: receive(l); break;
	}
	leave(l);
}

/* The next batch may be sent now: one with rows needs the connection for
 * itself. */
static bool
has_way(const struct db_link *l)
{
	const struct db_batch *next = l->waiting.first, *now = l->sent.first;

	return next != NULL && (now == NULL || !(link_batch_is_alone(now) ||
						   link_batch_is_alone(next)));
}

static void
end_of_turn(void *arg)
{
	struct db_link *l = arg;
	struct db_batch *b;
	bool any = false;

	l->turn_due = false;
	enter(l);
	while (l->state == LINK_UP && has_way(l)) {
		b = link_batch_get(&l->waiting);
		any = true;
		link_batch_put(&l->sent, b);
		if (!link_batch_submit(b, l->pg, l->known))
			lost_pg(l, "send");
	}
	if (any && l->state == LINK_UP)
		flush(l);
	leave(l);
}

static void
on_timer(void *arg)
{
	struct db_link *l = arg;
	struct err err;

	enter(l);
	if (l->state == LINK_DOWN) {
		begin_connecting(l);
	} else {
		err_set(&err, FAIL_TIMEOUT, "database: connect: no answer");
		lost(l, &err);
	}
	leave(l);
}

struct db_link *
db_link_new(struct loop *loop, const char *conninfo)
{
	struct db_link *l = NEW(struct db_link);

	l->loop = loop;
	l->conninfo = mem_strdup(conninfo);
	l->retry_ms = LINK_RETRY_MS;
	l->timer = loop_timer_new(loop, on_timer, l);
	loop_timer_start(l->timer, 0);
	return l;
}

void
db_link_free(struct db_link *l)
{
	if (l == NULL || l->freed)
		return;
	disconnect(l);
	l->state = LINK_DOWN;
	if (l->turn_due)
		loop_undefer(l->loop, end_of_turn, l);
	loop_timer_free(l->timer);
	drop_queue(&l->waiting);
	drop_queue(&l->sent);
	l->freed = true;
	if (l->depth == 0)
		destroy(l);
}

void
link_offer(struct db_link *l, struct db_batch *b)
{
	link_batch_put(&l->waiting, b);
	if (l->state == LINK_UP)
		want_turn(l);
}

int
db_link_waiting(const struct db_link *l)
{
	return l->waiting.count + l->sent.count;
}

bool
db_link_is_up(const struct db_link *l)
{
	return l->state == LINK_UP;
}
