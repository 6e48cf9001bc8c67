#include "api/import_job.h"

#include "lib/base/process.h"

#define TRIES_MAX    20
#define TRY_AGAIN_MS 200

static void
add_counts(struct import_counts *sum, const struct import_counts *c)
{
	sum->rows_read += c->rows_read;
	sum->inserted += c->inserted;
	sum->updated += c->updated;
	sum->unchanged += c->unchanged;
	sum->rejected += c->rejected;
	sum->suppressed += c->suppressed;
}

static bool
write_progress(struct import_job *job, const struct import_counts *c,
    int64_t bytes, struct err *err)
{
	return db_run(job->db, Q_IMPORT_PROGRESS,
	    DB_ARGS(db_int(job->target.import_id), db_int(bytes),
		db_int(c->rows_read), db_int(c->inserted), db_int(c->updated),
		db_int(c->unchanged), db_int(c->rejected),
		db_int(c->suppressed)),
	    NULL, err);
}

/* FAIL_REFUSED: it is no longer ours. */
static bool
hold(struct import_job *job, struct err *err)
{
	if (db_one(job->db, Q_IMPORT_HOLD,
		DB_ARGS(db_int(job->target.import_id), db_cstr(job->holder)),
		NULL, err))
		return true;
	if (err->kind == FAIL_MISSING)
		err_set(err, FAIL_REFUSED, "import: taken away");
	return false;
}

static bool
try_batch(struct import_job *job, struct import_batch *b, int64_t bytes,
    struct err *err)
{
	struct import_target target = job->target;
	struct import_counts c;
	bool ok;

	target.errors_left = IMPORT_ERRORS_MAX - job->done.rejected;
	ok = db_begin(job->db, err) && hold(job, err) &&
	     import_batch_write(b, job->db, &target, &c, err) &&
	     write_progress(job, &c, bytes, err) && db_commit(job->db, err);
	if (!ok) {
		db_rollback(job->db);
		return false;
	}
	add_counts(&job->done, &c);
	job->bytes_read = bytes;
	if (job->on_progress != NULL)
		job->on_progress(job, job->arg);
	return true;
}

/* Deadlocks with other writers, and contacts that are erased while their
 * membership is being written, pass. */
static bool
write_batch(struct import_job *job, struct import_batch *b, int64_t bytes,
    struct err *err)
{
	int tries;

	for (tries = 0; tries < TRIES_MAX; tries++) {
		if (try_batch(job, b, bytes, err))
			return true;
		if (err->kind != FAIL_BUSY && err->kind != FAIL_MISSING &&
		    err->kind != FAIL_TIMEOUT)
			return false;
		process_nap(TRY_AGAIN_MS);
	}
	return false;
}

/* Rows until the file ends; FAIL_TIMEOUT when told to stop. */
static bool
read_rows(struct import_job *job, struct import_source *source,
    struct import_batch *b, struct err *err)
{
	enum import_outcome got;
	struct import_row row;

	do {
		got = import_source_next(source, &row, err);
		if (got == IMPORT_FAILED)
			return false;
		if (got == IMPORT_ROW)
			import_batch_add(b, &row);
		if (got == IMPORT_ROW && !import_batch_full(b))
			continue;
		if (!write_batch(job, b, import_source_offset(source), err))
			return false;
		import_batch_reset(b);
		if (got == IMPORT_ROW && process_stopping())
			return err_set(err, FAIL_TIMEOUT, "told to stop");
	} while (got == IMPORT_ROW);
	return true;
}

static bool
read_file(struct import_job *job, struct err *err)
{
	struct import_source *source;
	struct import_batch *b;
	bool ok;

	if (!import_source_open(&source, job->fd, job->format, err))
		return false;
	b = import_batch_new();
	ok = import_source_skip(source, job->done.rows_read, err) &&
	     read_rows(job, source, b, err);
	import_batch_free(b);
	import_source_free(source);
	return ok;
}

static enum import_end
meaning(const struct err *err)
{
	switch ((int)err->kind) {
	case FAIL_REFUSED: return IMPORT_LOST;
	case FAIL_TIMEOUT:
	case FAIL_IO:
	case FAIL_BUSY: return IMPORT_STOPPED;
	default: return IMPORT_UNUSABLE;
	}
}

static bool
finish(struct import_job *job, const char *error, struct err *err)
{
	if (db_one(job->db, Q_IMPORT_FINISH,
		DB_ARGS(db_int(job->target.import_id), db_cstr(job->holder),
		    db_cstr(error)),
		NULL, err))
		return true;
	if (err->kind == FAIL_MISSING)
		err->kind = FAIL_REFUSED;
	return false;
}

enum import_end
import_job_run(struct import_job *job, struct err *err)
{
	enum import_end end;
	struct err late = {0};

	*err = (struct err){0};
	if (read_file(job, err))
		return finish(job, NULL, err) ? IMPORT_DONE : meaning(err);
	end = meaning(err);
	if (end == IMPORT_UNUSABLE && !finish(job, err->text, &late)) {
		*err = late;
		end = meaning(err);
	}
	return end;
}
