#include "sender/scheduler.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/process.h"
#include "sender/audience.h"
#include "sender/brake.h"
#include "sender/origin.h"
#include "sender/progress.h"
#include "sender/replay.h"
#include "sender/supply.h"

#include <signal.h>
#include <unistd.h>

#define IDLE_HOLD_S 60   /* a lease while it is expired */
#define SHOW_MS     5000 /* between lines of progress in a file */

enum { IDLE_CAMPAIGN, IDLE_FIRST, IDLE_LAST, IDLE_EPOCH, IDLE_EXPIRED };

/* Those that should have started long ago wait for a person (D-12). */
static bool
hold_late(struct db *db, const struct settings *settings, struct err *err)
{
	struct db_result r;
	int row;

	if (!db_run(db, Q_CAMPAIGN_LATE,
		DB_ARGS(db_int(settings->late_start_s)), &r, err))
		return false;
	for (row = 0; row < db_rows(&r); row++)
		log_warn("campaign_paused", "campaign=%lld reason=%s",
		    (long long)db_get_int(&r, row, 0),
		    log_quote(db_get_text(&r, row, 1)));
	db_result_free(&r);
	return true;
}

bool
scheduler_start_due(struct db *db, const struct scheduler_params *params,
    struct err *err)
{
	bool found = true, any = false;

	if (!hold_late(db, params->settings, err))
		return false;
	while (found) {
		found = false;
		if (!audience_freeze_due(db, params->settings, &found, err))
			return false;
		any |= found;
	}
	return !any || db_run(db, Q_DELIVERY_ANALYZE, DB_NO_ARGS, NULL, err);
}

/* What the lease's last holder left open is settled; then the rest expires,
 * or, where the campaign only stands still, is free again. */
static bool
settle_idle(struct db *db, const struct db_result *r, struct err *err)
{
	const struct db_arg campaign = db_int(db_get_int(r, 0, IDLE_CAMPAIGN));
	const struct db_arg first = db_int(db_get_int(r, 0, IDLE_FIRST));
	const struct db_arg last = db_int(db_get_int(r, 0, IDLE_LAST));
	const struct db_arg epoch = db_int(db_get_int(r, 0, IDLE_EPOCH));

	if (!db_run(db, Q_LEASE_TAKE_OVER,
		DB_ARGS(campaign, first, last, epoch), NULL, err))
		return false;
	if (db_get_bool(r, 0, IDLE_EXPIRED))
		return db_run(db, Q_LEASE_EXPIRE,
		    DB_ARGS(campaign, first, last, epoch), NULL, err);
	return db_run(db, Q_LEASE_RELEASE, DB_ARGS(campaign, first, epoch),
	    NULL, err);
}

static bool
take_idle(struct db *db, const struct scheduler_params *params, bool *found,
    struct err *err)
{
	struct db_result r = {NULL};
	bool ok;

	if (!db_begin(db, err))
		return false;
	ok = db_run(db, Q_LEASE_CLAIM_IDLE,
	    DB_ARGS(db_cstr(params->name), db_int(IDLE_HOLD_S)), &r, err);
	*found = ok && db_rows(&r) > 0;
	if (*found)
		ok = settle_idle(db, &r, err);
	db_result_free(&r);
	if (ok && db_commit(db, err))
		return true;
	db_rollback(db);
	return false;
}

bool
scheduler_tidy(struct db *db, const struct scheduler_params *params,
    struct err *err)
{
	bool found = true;
	struct db_result r;
	int i;

	if (!db_run(db, Q_RETRY_ABANDONED, DB_NO_ARGS, NULL, err) ||
	    !db_run(db, Q_ACCOUNT_RESUME, DB_NO_ARGS, NULL, err) ||
	    !db_run(db, Q_STATUS_FORGET, DB_NO_ARGS, NULL, err))
		return false;
	while (found)
		if (!take_idle(db, params, &found, err))
			return false;
	if (!brake_look(db, err) ||
	    !db_run(db, Q_RETRY_EXPIRE, DB_NO_ARGS, NULL, err) ||
	    !db_run(db, Q_CAMPAIGN_CLOSE, DB_NO_ARGS, &r, err))
		return false;
	for (i = 0; i < db_rows(&r); i++)
		log_info("campaign_finished", "campaign=%lld",
		    (long long)db_get_int(&r, i, 0));
	db_result_free(&r);
	return true;
}

bool
scheduler_look(struct db *db, struct scheduler_work *out, struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_SENDER_WORK, DB_ARGS(db_int(SCHEDULER_SOON_S)), &r,
		err))
		return false;
	out->scheduled = db_get_int(&r, 0, 0);
	out->campaigns = db_get_int(&r, 0, 1);
	out->audience = db_get_int(&r, 0, 2);
	out->done = db_get_int(&r, 0, 3);
	out->deferred = db_get_int(&r, 0, 4);
	out->recorded = db_get_int(&r, 0, 5);
	out->unclosed = db_get_int(&r, 0, 6);
	db_result_free(&r);
	return true;
}

struct rounds {
	const struct scheduler_params *params;
	struct db *db;
	int64_t tidy_at_ms, reopen_at_ms, forget_at_ms;
	bool failing;
	bool noted;  /* which database this is */
	bool copied; /* it is a copy: nothing is done */
	bool locked; /* run-due: this run does the work */
	int64_t began_ms, moved_ms;
	struct scheduler_work seen;
	struct replay replay;
	struct supply messages, confirmations;
	struct progress progress;
	int64_t show_at_ms; /* where no terminal is */
};

static bool
check_origin(struct rounds *s, struct err *err)
{
	bool ours;

	if (!s->noted && !origin_note(s->db, err))
		return false;
	s->noted = true;
	if (!origin_check(s->db, &ours, err))
		return false;
	if (!ours && !s->copied)
		log_error("database_copied", "text=%s",
		    log_quote(str_of(ORIGIN_HELP)));
	else if (ours && s->copied)
		log_info("database_adopted", "sending=1");
	s->copied = !ours;
	return true;
}

static bool
work_round(struct rounds *s, struct err *err)
{
	int64_t now = clock_mono_ms();

	if (!check_origin(s, err))
		return false;
	if (s->copied)
		return true;
	if (!supply_give_due(&s->messages, s->db, s->params->settings, err) ||
	    !scheduler_start_due(s->db, s->params, err))
		return false;
	if (now >= s->reopen_at_ms) {
		if (!db_run(s->db, Q_CAMPAIGN_REOPEN, DB_NO_ARGS, NULL, err))
			return false;
		s->reopen_at_ms = now + SCHEDULER_REOPEN_MS;
	}
	if (now >= s->forget_at_ms) {
		if (!db_run(s->db, Q_QUOTA_FORGET, DB_NO_ARGS, NULL, err) ||
		    !db_run(s->db, Q_TAKEN_OVER_FORGET, DB_NO_ARGS, NULL, err))
			return false;
		s->forget_at_ms = now + SCHEDULER_FORGET_MS;
	}
	if (now < s->tidy_at_ms)
		return true;
	s->tidy_at_ms = now + SCHEDULER_TIDY_MS;
	return supply_give_due(&s->confirmations, s->db, s->params->settings,
		   err) &&
	       scheduler_tidy(s->db, s->params, err);
}

/* On a terminal one line that changes, elsewhere a line now and then. */
static void
show(struct rounds *s, const struct scheduler_work *w)
{
	const struct progress_view v = {
	    .done = w->done,
	    .total = w->audience,
	    .deferred = w->deferred,
	    .now_ms = clock_mono_ms(),
	};
	bool terminal = isatty(STDOUT_FILENO) == 1;
	struct buf line;

	if (!s->params->show_progress || w->campaigns == 0 ||
	    (!terminal && v.now_ms < s->show_at_ms))
		return;
	s->show_at_ms = v.now_ms + SHOW_MS;
	buf_init(&line, 1024);
	progress_line(&s->progress, &v, &line);
	printf(terminal ? "\r%s\033[K" : "%s\n", buf_cstr(&line));
	fflush(stdout);
	buf_release(&line);
}

static bool
is_moved(const struct scheduler_work *a, const struct scheduler_work *b)
{
	return a->scheduled != b->scheduled || a->campaigns != b->campaigns ||
	       a->done != b->done || a->deferred != b->deferred ||
	       a->recorded != b->recorded;
}

/* Whether this run of run-due is over. */
static bool
look_round(struct rounds *s, bool *done, struct err *err)
{
	int64_t now = clock_mono_ms();
	struct scheduler_work w;

	if (!scheduler_look(s->db, &w, err))
		return false;
	show(s, &w);
	if (is_moved(&w, &s->seen))
		s->moved_ms = now;
	s->seen = w;
	if (w.scheduled + w.campaigns == 0) {
		if (!scheduler_tidy(s->db, s->params, err))
			return false;
		*done = true;
		return true;
	}
	if (now - s->moved_ms > SCHEDULER_STUCK_MS) {
		log_warn("nothing_moves", "campaigns=%lld waited_s=%d",
		    (long long)w.campaigns, SCHEDULER_STUCK_MS / 1000);
		*done = true;
	}
	return true;
}

/* One run-due works at a time: others would only add connections. */
static bool
lock_round(struct rounds *s, bool *done, struct err *err)
{
	struct db_result r;

	if (!db_one(s->db, Q_RUN_DUE_LOCK, DB_NO_ARGS, &r, err))
		return false;
	s->locked = db_get_bool(&r, 0, 0);
	db_result_free(&r);
	if (!s->locked && clock_mono_ms() - s->began_ms > SCHEDULER_YIELD_MS) {
		log_info("another_run_is_at_work", "waited_s=%d",
		    SCHEDULER_YIELD_MS / 1000);
		*done = true;
	}
	return true;
}

static bool
one_round(struct rounds *s, bool *done, struct err *err)
{
	if (s->params->until_done && !s->locked &&
	    (!lock_round(s, done, err) || !s->locked))
		return s->locked || *done || err->kind == FAIL_NONE;
	if (!work_round(s, err))
		return false;
	return !s->params->until_done || look_round(s, done, err);
}

static void
note_failure(struct rounds *s, const struct err *err)
{
	if (!s->failing || err->kind == FAIL_BUSY)
		log_warn("scheduler", "text=%s", log_quote(str_of(err->text)));
	s->failing = err->kind != FAIL_BUSY;
	if (err->kind == FAIL_IO)
		s->locked = false; /* the lock went with the session */
	db_rollback(s->db);
}

int
scheduler_run(const struct scheduler_params *params)
{
	struct rounds s = {.params = params,
	    .messages = {.kind = &supply_messages},
	    .confirmations = {.kind = &supply_confirmations}};
	bool done = false;
	struct err err;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	s.began_ms = s.moved_ms = clock_mono_ms();
	progress_init(&s.progress);
	replay_init(&s.replay, params->settings, params->conninfo,
	    params->instance);
	while (!done) {
		err = (struct err){FAIL_NONE, ""};
		replay_orphans(&s.replay);
		if (s.db == NULL &&
		    !db_open(&s.db, params->conninfo, DB_PREPARED, &err)) {
			if (!s.failing)
				log_warn("scheduler", "text=%s",
				    log_quote(str_of(err.text)));
			s.failing = true;
		} else if (!one_round(&s, &done, &err)) {
			note_failure(&s, &err);
		} else {
			s.failing = false;
		}
		if (!done)
			process_nap(SCHEDULER_TICK_MS);
	}
	if (params->show_progress && isatty(STDOUT_FILENO) == 1)
		printf("\n");
	db_close(s.db);
	return 0;
}
