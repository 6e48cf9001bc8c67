/*
 * import_spool.h - uploads on their way from HTTP to the importer.
 *
 * The folder <home>/imports is the queue of this host: an upload grows as
 * <random>.part, is synced, and becomes <import id> when its row is there.
 * Whoever reads or writes a file holds its lock (flock), which the kernel
 * releases when the process dies, however it dies.
 */
#ifndef API_IMPORT_SPOOL_H
#define API_IMPORT_SPOOL_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#define SPOOL_PATH_MAX 640

struct import_spool {
	int fd; /* -1: closed */
	char path[SPOOL_PATH_MAX];
	int64_t bytes;
};

/* A new part file, locked. */
bool import_spool_create(struct import_spool *s, const char *folder,
    struct err *err) MUST_USE;
bool import_spool_write(struct import_spool *s, struct str piece,
    struct err *err) MUST_USE;
/* Syncs it and gives it its final name, folder/id. */
bool import_spool_queue(struct import_spool *s, const char *folder,
    int64_t import_id, struct err *err) MUST_USE;

/* Opens a queued file, locked; false when somebody else has it. */
bool import_spool_take(struct import_spool *s, const char *folder,
    int64_t import_id) MUST_USE;
/* Seconds since it was written to last. */
int64_t import_spool_age_s(const struct import_spool *s);

void import_spool_close(struct import_spool *s);
void import_spool_remove(struct import_spool *s); /* and closes */

/* Ids of the queued files, ascending, at most max; gives how many. */
size_t import_spool_list(const char *folder, int64_t *ids, size_t max);
/* Removes parts that nobody writes to any more. */
void import_spool_sweep(const char *folder);

#endif
