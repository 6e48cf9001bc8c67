/*
 * journal_read.h - the records of a journal whose process is dead, in the
 * order in which they were written.
 *
 * The journal ends with the first thing that is no record: what was being
 * written when its process died.  Records that stand behind it show that
 * something in between was lost; they are given all the same, and the
 * journal is damaged: what it does not say may have happened nevertheless.
 * Of a journal on disk (JOURNAL_DISK) that holds for what was synced only;
 * behind that, a power failure leaves anything, and nothing followed from
 * it.
 *
 * Holds one segment in memory.
 */
#ifndef BASE_JOURNAL_READ_H
#define BASE_JOURNAL_READ_H

#include "lib/base/journal_owner.h"

#define JOURNAL_SEGMENTS_MAX 100000 /* of one journal */

struct journal_read {
	const struct journal_owner *owner;
	uint64_t *numbers; /* of the segments, ascending */
	size_t count, at;
	unsigned char *bytes;
	struct journal_image image; /* at == NULL: the next has to be read */
	size_t offset;
	int64_t synced;
	int64_t gap; /* the first position without a record; 0: none */
	bool damaged;
};

/* The owner must outlive it.  FAIL_REFUSED: another version wrote it. */
bool journal_read_open(struct journal_read *r, const struct journal_owner *o,
    struct err *err) MUST_USE;
void journal_read_close(struct journal_read *r);

enum journal_read_what {
	JOURNAL_READ_RECORD = 0,
	JOURNAL_READ_OVER, /* r->damaged is final */
	JOURNAL_READ_FAILED,
};
/* The payload is valid until the next call. */
enum journal_read_what journal_read_next(struct journal_read *r, uint16_t *type,
    struct str *payload, struct err *err) MUST_USE;

#endif
