/*
 * worker_journal.h - the journal of one worker (design: intent before dot).
 *
 * Before the final dot of a message leaves, an intent is in it; after the
 * reply, the outcome is.  Both are needed until the outcome is committed in
 * the database.  Under the policy `disk` a dot is held until its intent has
 * been synced, by a thread and together with those of others.
 *
 * When it cannot be written, no dot leaves, and nothing is begun; that is
 * logged once, and tried again.  Outcomes of what is under way are written
 * as long as there is any room, and go into the database anyhow.  After a
 * sync that failed the worker drains and ends with an error: the one that
 * is started in its place begins with a new journal, after this one has been
 * replayed.
 */
#ifndef SENDER_WORKER_JOURNAL_H
#define SENDER_WORKER_JOURNAL_H

#include "lib/base/journal.h"
#include "sender/outcome_batch.h"
#include "sender/smtp_link.h"

#define WORKER_JOURNAL_AGAIN_MS 500 /* when it could not be written */

struct settings;
struct worker;

struct worker_journal {
	struct worker *worker;
	const char *instance;    /* of the database; borrowed */
	struct journal *journal; /* NULL: not open yet */
	struct journal_sync *sync;
	bool failing; /* the log knows */
	bool broken;
	int64_t try_at_ms; /* failing: not before */
};

void worker_journal_init(struct worker_journal *j, struct worker *w,
    const char *instance);
/* A journal that can be written, as the settings have it; for this holder.
 * The database's instance is borrowed. */
bool worker_journal_open(struct journal **out, const struct settings *settings,
    const char *holder, const char *instance, struct err *err) MUST_USE;
/* When the loop has nothing else to do.  Nothing needed: it is removed, else
 * it stays for whoever replays it. */
void worker_journal_release(struct worker_journal *j);

/* Something may be begun. */
bool worker_journal_usable(struct worker_journal *j);

/* The dot of this recipient's message is about to leave: now, after the
 * next asking, or never. */
enum smtp_dot worker_journal_intent(struct worker_journal *j,
    struct recipient *who);
/* It has not left. */
void worker_journal_unsent(struct worker_journal *j, struct recipient *who);
/* What came of it; the row remembers what it needs in the journal. */
void worker_journal_outcome(struct worker_journal *j, struct recipient *who,
    struct outcome_row *row);
/* It is in the database. */
void worker_journal_recorded(struct worker_journal *j,
    const struct outcome_row *row);

#endif
