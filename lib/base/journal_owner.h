/*
 * journal_owner.h - whose a journal is: one folder each under a common one,
 * with a file `owner` that its process keeps locked (flock) as long as it
 * lives.
 *
 *   <journals>/<16 hex digits>/owner           the lock; text, see below
 *                             /<number>.seg    journal_segment.h
 *                             /replayed        its records are not needed
 *   <journals>/<16 hex digits>.new             being made
 *                             .done            being removed
 *                             .damaged         kept for a person
 *
 * A journal whose file is not locked is an orphan: its process is dead.  Who
 * locks it then may read it, and nobody else does.  The lock goes with the
 * process, however that ends.
 */
#ifndef BASE_JOURNAL_OWNER_H
#define BASE_JOURNAL_OWNER_H

#include "lib/base/err.h"
#include "lib/base/journal_segment.h"

#define JOURNAL_HOLDER_MAX   256
#define JOURNAL_INSTANCE_MAX 128

enum journal_policy {
	JOURNAL_PROCESS = 0, /* survives the end of the process */
	JOURNAL_DISK,        /* and of the system */
};
const char *journal_policy_name(enum journal_policy p);
bool journal_policy_parse(struct str name, enum journal_policy *out) MUST_USE;

struct journal_owner {
	int fd;      /* holds the lock */
	uint64_t id; /* names the folder, and is part of all checksums */
	char folder[JOURNAL_PATH_MAX];
	char holder[JOURNAL_HOLDER_MAX];     /* empty: the file does not say */
	char instance[JOURNAL_INSTANCE_MAX]; /* of the database it belongs to */
	enum journal_policy policy;
	bool same_boot;     /* the system has not been started since */
	int64_t replayed_s; /* so long ago was _replayed; -1: never */
};

/* A new folder under `journals`, which is made when it is missing. */
bool journal_owner_new(struct journal_owner *o, const char *journals,
    const char *holder, const char *instance, enum journal_policy policy,
    struct err *err) MUST_USE;
/* Gives the lock back; what is in the folder stays. */
void journal_owner_release(struct journal_owner *o);
/* Removes the folder with all that is in it, then as _release. */
bool journal_owner_remove(struct journal_owner *o, struct err *err) MUST_USE;
/* Removes the records and remembers when, then as _release: for who has to
 * come again for something else. */
bool journal_owner_replayed(struct journal_owner *o, struct err *err) MUST_USE;
/* Sets it apart, then as _release. */
bool journal_owner_set_apart(struct journal_owner *o, struct err *err) MUST_USE;

/* Orphans, one after the other; each one found is locked and the caller's.
 * One whose file cannot be read has no holder, and may not be locked: nobody
 * can tell what it is.  What is left of journals that were being made or removed is tidied up on
 * the way.  No folder: no orphans. */
struct journal_orphans {
	void *dir; /* DIR */
	char folder[JOURNAL_PATH_MAX];
};
bool journal_orphans_open(struct journal_orphans *s, const char *journals,
    struct err *err) MUST_USE;
bool journal_orphans_next(struct journal_orphans *s, struct journal_owner *o);
void journal_orphans_close(struct journal_orphans *s);

#endif
