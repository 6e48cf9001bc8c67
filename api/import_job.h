/*
 * import_job.h - one file into one list.
 *
 * Batches are transactions that also move the import's row on, so that after
 * a crash the next one goes on exactly where the last commit was: the file
 * is read again, rows that are in are passed over.  Needs a connection of its own.
 */
#ifndef API_IMPORT_JOB_H
#define API_IMPORT_JOB_H

#include "api/import_batch.h"

struct import_job {
	int fd;                        /* borrowed; read from its start */
	const char *where;             /* folder for what is unpacked of it */
	int64_t bytes_max;             /* of that */
	struct import_options options; /* borrowed */
	struct db *db;
	const char *holder; /* as in import.holder */
	enum import_format format;
	struct import_target target;
	struct import_counts done; /* rows_read and rejected: from before */
	int64_t bytes_read;
	/* After each batch; may be NULL. */
	void (*on_progress)(const struct import_job *job, void *arg);
	void *arg;
};

enum import_end {
	IMPORT_DONE = 0,
	IMPORT_UNUSABLE, /* the file; err tells */
	IMPORT_LOST,     /* the row is gone, or somebody else's */
	IMPORT_STOPPED,  /* told to stop, or the database is away: later */
};

/* Reads to the end and finishes the row, unless lost or stopped. */
enum import_end import_job_run(struct import_job *job, struct err *err);

#endif
