/*
 * pauses.h - groups of recipients' domains that a campaign does not go on to,
 * because their servers refuse who sends it (table 1G, scope provider).
 *
 *   a worker is refused -> its set -> table campaign_pause, an alert
 *        campaign.pauses changes -> pulse -> every worker's set
 *   a person resumes the campaign -> no row is left, and so on
 *
 * Their recipients are kept: retries without a time, until the campaign is
 * resumed or expires.  Nobody else is touched, unless there are PAUSES_MAX.
 */
#ifndef SENDER_PAUSES_H
#define SENDER_PAUSES_H

#include "lib/base/str.h"

/* A recipient is looked at again after that, while the database does not
 * know of the pause. */
#define PAUSES_AGAIN_MS 1000

/* Refused by so many, the sender is to be looked at, not they: the campaign
 * is paused as a whole. */
#define PAUSES_MAX 20

struct mailing;
struct smtp_result;
struct db_result;

struct pauses {
	char **names; /* of groups, sorted; owned */
	size_t count, cap;
	int64_t version; /* of the rows that it was read from; -1: read again */
	bool reading;
};

void pauses_release(struct pauses *p);
bool pauses_has(const struct pauses *p, struct str group);
bool pauses_add(struct pauses *p, struct str group); /* false: it has it */
/* Rows of campaign_pauses. */
void pauses_load(struct pauses *p, const struct db_result *rows);

/* What the database has now is of that version. */
void pauses_seen(struct mailing *m, int64_t version);
/* The group's servers said so through that account: for all senders, with an
 * alert. */
void pauses_begin(struct mailing *m, struct str group, int64_t account_id,
    const struct smtp_result *r);

#endif
