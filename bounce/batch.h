/*
 * batch.h - a few messages of one mailbox on their way into the database.
 *
 *   batch_header for each -> batch_trim -> batch_wants (whose bodies)
 *   -> batch_body ... -> batch_judge -> batch_add_to (a database batch)
 *   -> batch_reset
 *
 * Owns copies of everything it is given.  Bounded: BATCH_MESSAGES_MAX headers
 * of MAIL_PART_MAX, and bodies of BATCH_BODIES_MAX together (one of
 * MAIL_PART_MAX fits always).  What was large is given back at the reset.
 */
#ifndef BOUNCE_BATCH_H
#define BOUNCE_BATCH_H

#include "bounce/mail_events.h"
#include "db/link.h"
#include "lib/base/keyring.h"

#define BATCH_MESSAGES_MAX 40
#define BATCH_BODIES_MAX   (4U << 20)
#define RAW_DAYS           30 /* */

struct batch;

/* Which folder of which mailbox the messages are of. */
struct batch_source {
	int64_t mailbox;
	const char *folder;
	uint32_t uidvalidity;
	const struct auth_trust *trust; /* NULL: none */
};

struct batch *batch_new(const struct keyring *ring);
void batch_free(struct batch *b); /* NULL is fine */
void batch_reset(struct batch *b);

/* The second of the same UID is ignored, as are bodies without header. */
void batch_header(struct batch *b, const struct mail_message *m);
void batch_body(struct batch *b, const struct mail_message *m);
/* A message that cannot be fetched: it is recorded as `unparsed`. */
void batch_unreadable(struct batch *b, uint32_t uid);

/* Leaves out the messages with the highest UIDs when the bodies would be too
 * much, or stand behind a large one where that costs the connection: the
 * highest that stays, 0 when all do. */
uint32_t batch_trim(struct batch *b, bool large_is_last);
/* UIDs whose bodies are worth fetching and not there yet; false: none. */
bool batch_wants(struct batch *b, struct imap_set *uids);

/* Classifies and attributes everything that has come. */
void batch_judge(struct batch *b, const struct batch_source *source,
    int64_t now_us);
int batch_count(const struct batch *b);
/* Of a message that was judged; STR_NONE: it is not in the batch. */
struct str batch_fingerprint(const struct batch *b, uint32_t uid);
/* Their UIDs, and the fingerprints in the same order; batch_count of each. */
struct db_arg batch_uids(const struct batch *b);
struct db_arg batch_fingerprints(const struct batch *b);
/* Has one of them the same size and header as a message of another folder?
 * Two reports of one second may, so that this says little. */
bool batch_is_like(const struct batch *b, const struct mail_message *m);
/* The first of these, but not of those, that is the same in every byte that
 * was fetched: its UID; 0: none. */
uint32_t batch_twin(const struct batch *b, const struct mail_message *m,
    struct imap_set *of, struct imap_set *but);
/* Holds nothing but what batch_unreadable put there. */
bool batch_is_bare(const struct batch *b);
/* Adds the statements that record all of it, and what follows from it. */
void batch_add_to(const struct batch *b, const struct batch_source *source,
    struct db_batch *out);
/* The latter alone: of messages that the same transaction has judged. */
void batch_add_consequences(int64_t mailbox, const struct str *fingerprints,
    size_t n, struct db_batch *out);

#endif
