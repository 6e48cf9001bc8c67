#include "sender/worker_journal.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "sender/journal_entry.h"
#include "sender/worker.h"

static void start_sync(void *arg);

void
worker_journal_init(struct worker_journal *j, struct worker *w,
    const char *instance)
{
	*j = (struct worker_journal){.worker = w, .instance = instance};
}

static void
close_journal(struct worker_journal *j)
{
	struct err err;

	if (j->journal == NULL)
		return;
	if (j->broken || journal_needed(j->journal) > 0)
		journal_free(j->journal);
	else if (!journal_remove(j->journal, &err))
		log_warn("journal_not_removed", "text=%s",
		    log_quote(str_of(err.text)));
	j->journal = NULL;
}

void
worker_journal_release(struct worker_journal *j)
{
	loop_undefer(j->worker->loop, start_sync, j);
	if (j->sync != NULL)
		loop_run(j->worker->loop); /* until the thread is back */
	close_journal(j);
}

bool
worker_journal_open(struct journal **out, const struct settings *settings,
    const char *holder, const char *instance, struct err *err)
{
	struct journal_params params = {
	    .journals = settings->journal,
	    .holder = holder,
	    .instance = instance,
	};

	if (!journal_policy_parse(str_of(settings->journal_sync),
		&params.policy))
		BUG("journal_sync is checked by the settings");
	return journal_open(out, &params, err);
}

static bool
open_journal(struct worker_journal *j, struct err *err)
{
	return worker_journal_open(&j->journal, j->worker->settings,
	    j->worker->name, j->instance, err);
}

static void
failed(struct worker_journal *j, const struct err *err)
{
	if (!j->failing)
		log_error("journal_not_written",
		    "text=%s effect=\"no message is sent\"",
		    log_quote(str_of(err->text)));
	j->failing = true;
	j->try_at_ms = clock_mono_ms() + WORKER_JOURNAL_AGAIN_MS;
}

static void
broke(struct worker_journal *j, const struct err *err)
{
	if (j->broken)
		return;
	j->broken = true;
	log_error("journal_broken", "text=%s effect=\"this worker ends\"",
	    log_quote(str_of(err->text)));
	worker_stop(j->worker);
}

bool
worker_journal_usable(struct worker_journal *j)
{
	struct err err;

	if (j->broken || (j->failing && clock_mono_ms() < j->try_at_ms))
		return false;
	if ((j->journal == NULL && !open_journal(j, &err)) ||
	    !journal_ready(j->journal, &err)) {
		if (j->journal != NULL && journal_broken(j->journal))
			broke(j, &err);
		else
			failed(j, &err);
		return false;
	}
	if (j->failing)
		log_info("journal_written_again", "effect=\"sending goes on\"");
	j->failing = false;
	return true;
}

/* Nothing else touches it meanwhile. */
static void
in_thread(void *arg)
{
	journal_sync_run(((struct worker_journal *)arg)->sync);
}

/* Dots that came meanwhile want another one. */
static void
on_synced(void *arg)
{
	struct worker_journal *j = arg;
	struct journal_sync *sync = j->sync;
	struct err err;

	j->sync = NULL;
	if (!journal_sync_end(sync, &err))
		broke(j, &err);
	worker_resume_dots(j->worker);
}

/* At the end of a turn: one sync for all dots that came in it. */
static void
start_sync(void *arg)
{
	struct worker_journal *j = arg;

	if (j->sync == NULL && j->journal != NULL)
		j->sync = journal_sync_new(j->journal);
	else
		return;
	if (j->sync != NULL)
		loop_work(j->worker->loop, in_thread, on_synced, j);
}

static bool
write_intent(struct worker_journal *j, struct recipient *who)
{
	char bytes[JOURNAL_PAYLOAD_MAX];
	struct err err;

	who->intent = journal_append(j->journal, JOURNAL_INTENT,
	    journal_entry_attempt(bytes, who), &err);
	if (who->intent == 0)
		failed(j, &err);
	return who->intent != 0;
}

static bool
is_durable(struct worker_journal *j, const struct recipient *who)
{
	if (journal_policy(j->journal) == JOURNAL_PROCESS ||
	    journal_synced(j->journal) > who->intent)
		return true;
	loop_defer(j->worker->loop, start_sync, j);
	return false;
}

enum smtp_dot
worker_journal_intent(struct worker_journal *j, struct recipient *who)
{
	bool usable = worker_journal_usable(j);

	if (j->broken)
		return SMTP_DOT_REFUSE;
	if (usable && (who->intent != 0 || write_intent(j, who)) &&
	    is_durable(j, who))
		return SMTP_DOT_SEND;
	j->worker->held_dots = true;
	return SMTP_DOT_HOLD;
}

/* Both are unneeded at once: a reader who sees the intent sees this, too. */
void
worker_journal_unsent(struct worker_journal *j, struct recipient *who)
{
	char bytes[JOURNAL_PAYLOAD_MAX];
	struct err err;

	if (who->intent == 0)
		return;
	journal_done(j->journal, journal_append(j->journal, JOURNAL_UNSENT,
				     journal_entry_attempt(bytes, who), &err));
	journal_done(j->journal, who->intent);
	who->intent = 0;
}

void
worker_journal_outcome(struct worker_journal *j, struct recipient *who,
    struct outcome_row *row)
{
	char bytes[JOURNAL_PAYLOAD_MAX];
	struct err err;

	row->intent = who->intent;
	row->noted = 0;
	who->intent = 0;
	if (j->journal == NULL)
		return;
	row->noted = journal_append(j->journal, JOURNAL_OUTCOME,
	    journal_entry_outcome(bytes, row), &err);
	if (row->noted == 0)
		failed(j, &err);
}

void
worker_journal_recorded(struct worker_journal *j, const struct outcome_row *row)
{
	if (j->journal == NULL)
		return;
	journal_done(j->journal, row->noted);
	journal_done(j->journal, row->intent);
}
