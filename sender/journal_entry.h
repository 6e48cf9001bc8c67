/*
 * journal_entry.h - what a worker's journal says of an attempt, as bytes.
 *
 *   INTENT    its final dot is about to leave
 *   UNSENT    after an intent: the dot has not left, and will not
 *   OUTCOME   what came of it: everything that the ledger is to be told
 *
 * Numbers are in the order of this machine.  What is read may be anything:
 * it is checked.
 */
#ifndef SENDER_JOURNAL_ENTRY_H
#define SENDER_JOURNAL_ENTRY_H

#include "lib/base/journal.h"
#include "sender/outcome_batch.h"

enum journal_entry_type {
	JOURNAL_INTENT = 1,
	JOURNAL_UNSENT,
	JOURNAL_OUTCOME,
};

struct journal_entry {
	enum journal_entry_type type;
	int64_t delivery;
	int attempt;
	int64_t first_at_us;    /* INTENT */
	struct outcome_row row; /* OUTCOME; reply is borrowed, lease NULL */
};

/* Into `out`; the result is valid as long as that.  Replies are cut when they
 * do not fit. */
struct str journal_entry_attempt(char out[JOURNAL_PAYLOAD_MAX],
    const struct recipient *who); /* INTENT, UNSENT */
struct str journal_entry_outcome(char out[JOURNAL_PAYLOAD_MAX],
    const struct outcome_row *row);

/* False: this is none. */
bool journal_entry_read(struct journal_entry *e, uint16_t type,
    struct str payload) MUST_USE;

#endif
