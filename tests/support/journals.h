/*
 * journals.h - journals in the scratch folder of a test (`state`), and what
 * can be read of them.  All fail the test when they cannot.
 */
#ifndef TESTS_SUPPORT_JOURNALS_H
#define TESTS_SUPPORT_JOURNALS_H

#include "lib/base/journal.h"
#include "lib/base/journal_owner.h"

#define JOURNALS_RECORD 7 /* the type of all records */

/* The folder of all of them (static). */
const char *journals_folder(void *state);

struct journal *journals_open(void *state, enum journal_policy policy);

/* Where the record is. */
int64_t journals_append(struct journal *j, const char *text);
/* The number as text, and zeros up to that size. */
int64_t journals_append_number(struct journal *j, int number, size_t size);

/* The next orphan, locked; false: there is none. */
bool journals_orphan(void *state, struct journal_owner *o);

/* All records as "one two ", and "damaged" when it is; "newer" and
 * "unreadable" when it cannot be read.  Static. */
const char *journals_story(const struct journal_owner *o);
/* Of the next orphan, or "no orphan". */
const char *journals_orphan_story(void *state);

#endif
