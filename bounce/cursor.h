/*
 * cursor.h - how far a folder has been read, and where to go on (R-007,
 *
 *
 *   cursor_open, the folder is open -> cursor_look, from where to search
 *   -> (cursor_batch_max -> cursor_moved, it is recorded)*
 *   -> cursor_end, nothing is left
 *
 * What is stored, UIDVALIDITY and last UID, changes only when cursor_moved
 * says that the database has it, so that a failure before does not change
 * what the next look does.  Where nothing is stored, the first look goes by
 * date, from `since_us`; and so does the look at a folder that was numbered
 * anew, from a week before the cursor was last moved.  Once such a look is
 * over, all that was there counts as read, whatever its number.
 *
 * HIGHESTMODSEQ of the opening (RFC 7162), where the server tells it, is stored
 * with them.  The same number and no UID beyond ours: nothing has happened, and
 * a search would find nothing.  A lower one: the folder went back in time,
 * restored from a backup, and what has come since may have numbers that we have
 * passed; it is looked through as one that was numbered anew.
 *
 * A batch whose fetch fails is read again message by message; one that three
 * times failed alone is given up, so that it keeps back nothing behind it.
 *
 * No clock, no I/O, owns nothing.
 */
#ifndef BOUNCE_CURSOR_H
#define BOUNCE_CURSOR_H

#include "bounce/mail_events.h"

#define CURSOR_RESCAN_US (7LL * 24 * 3600 * 1000000)
#define CURSOR_TRIES_MAX 3 /* of a message that fails alone */

struct cursor {
	int64_t since_us; /* where the first look begins */

	/* As stored. */
	bool stored;
	uint32_t uidvalidity, last_uid;
	uint64_t modseq; /* 0: not known */
	int64_t moved_us;

	/* Of the folder as it was opened; zero: never. */
	uint32_t open_uidvalidity, uidnext;
	uint64_t open_modseq; /* 0: not told */
	uint32_t position;    /* read up to here */
	bool by_date;         /* this look, and from when */
	int64_t date_us;

	/* Messages that could not be fetched. */
	uint32_t careful_until; /* one by one up to here */
	uint32_t trouble_uid;
	int trouble_count;
};

/* True when the folder was numbered anew. */
bool cursor_open(struct cursor *c, const struct mail_folder *box);

/* True when a look at the folder, just opened, would find nothing. */
bool cursor_is_at_rest(const struct cursor *c);

struct cursor_look {
	uint32_t uid_from;
	int64_t since_us; /* 0: any time */
};
struct cursor_look cursor_look(const struct cursor *c);

/* How many messages to take next, `most` or one. */
uint32_t cursor_batch_max(const struct cursor *c, uint32_t most);

/* Recorded up to uid. */
void cursor_moved(struct cursor *c, uint32_t uid, int64_t now_us);

/* All that the look found is recorded: the UID up to which the folder counts
 * as read, which is to be recorded too; 0 when that is so already. */
uint32_t cursor_end(struct cursor *c);

/* The fetch of the batch first..last failed. */
void cursor_troubled(struct cursor *c, uint32_t first, uint32_t last);
bool cursor_has_given_up(const struct cursor *c, uint32_t uid);

#endif
