#include "api/import_job.h"

#include "lib/base/clock.h"
#include "lib/base/process.h"

#include <unistd.h>

#define TRIES_MAX    20
#define BATCH_MS     8000 /* that a batch is to take */
#define BATCH_GROWTH 8    /* times the last one at most */
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

/* Rows until the batch is full or the file ends. */
static enum import_outcome
fill(struct import_source *source, struct import_batch *b, struct err *err)
{
	enum import_outcome got;
	struct import_row row;

	do {
		got = import_source_next(source, &row, err);
		if (got == IMPORT_ROW && !import_batch_add(b, &row, err))
			got = IMPORT_FAILED;
	} while (got == IMPORT_ROW && !import_batch_full(b));
	return got;
}

static bool
write_batch(struct import_job *job, struct import_source *source,
    struct import_batch *b, struct err *err)
{
	struct import_target target = job->target;
	int64_t bytes = import_source_offset(source);
	struct import_counts c;

	target.errors_left = IMPORT_ERRORS_MAX - job->done.rejected;
	if (!import_batch_write(b, &target, &c, err) ||
	    !write_progress(job, &c, bytes, err) || !db_commit(job->db, err))
		return false;
	add_counts(&job->done, &c);
	job->bytes_read = bytes;
	if (job->on_progress != NULL)
		job->on_progress(job, job->arg);
	return true;
}

static enum import_outcome
take_batch(struct import_job *job, struct import_source *source,
    struct import_batch *b, size_t rows_max, struct err *err)
{
	enum import_outcome got = IMPORT_FAILED;

	if (db_begin(job->db, err) && hold(job, err) &&
	    import_batch_begin(b, job->db, rows_max, err))
		got = fill(source, b, err);
	if (got != IMPORT_FAILED && !write_batch(job, source, b, err))
		got = IMPORT_FAILED;
	if (got == IMPORT_FAILED) {
		import_batch_drop(b);
		db_rollback(job->db);
	}
	return got;
}

/* Large ones cost much less a row, as each looks at all contacts; small ones
 * keep nobody waiting. */
static size_t
adapt(size_t rows_max, int64_t took_ms)
{
	int64_t least_ms = BATCH_MS / BATCH_GROWTH;
	int64_t rows = (int64_t)rows_max * BATCH_MS /
		       (took_ms > least_ms ? took_ms : least_ms);

	if (rows < IMPORT_BATCH_ROWS_MIN)
		return IMPORT_BATCH_ROWS_MIN;
	return rows < IMPORT_BATCH_ROWS_MAX ? (size_t)rows
					    : IMPORT_BATCH_ROWS_MAX;
}

/* Rows until the file ends; FAIL_TIMEOUT when told to stop. */
static bool
read_rows(struct import_job *job, struct import_source *source,
    struct import_batch *b, struct err *err)
{
	size_t rows_max = IMPORT_BATCH_ROWS_MIN;
	enum import_outcome got;
	int64_t start_ms;

	do {
		start_ms = clock_mono_ms();
		got = take_batch(job, source, b, rows_max, err);
		rows_max = adapt(rows_max, clock_mono_ms() - start_ms);
		if (got == IMPORT_ROW && process_stopping())
			return err_set(err, FAIL_TIMEOUT, "told to stop");
	} while (got == IMPORT_ROW);
	return got == IMPORT_END;
}

/* From the file's start, over what is in already. */
static bool
read_file(struct import_job *job, struct err *err)
{
	struct import_source *source;
	struct import_batch *b;
	bool ok;

	if (lseek(job->fd, 0, SEEK_SET) != 0)
		return err_set(err, FAIL_IO, "import: go back: %m");
	if (!import_source_open(&source, job->fd, job->format, &job->options,
		err))
		return false;
	b = import_batch_new();
	ok = import_source_skip(source, job->done.rows_read, err) &&
	     read_rows(job, source, b, err);
	import_batch_free(b);
	import_source_free(source);
	return ok;
}

/* What others do at the same moment passes: deadlocks, the same contacts
 * made, contacts erased while their membership is being written. */
static bool
passes(const struct err *err)
{
	return !process_stopping() &&
	       (err->kind == FAIL_BUSY || err->kind == FAIL_MISSING ||
		   err->kind == FAIL_TIMEOUT || err->kind == FAIL_CONFLICT);
}

/* Each batch may be tried that often. */
static bool
read_patiently(struct import_job *job, struct err *err)
{
	int64_t before;
	int tries = 0;

	for (;;) {
		before = job->done.rows_read;
		if (read_file(job, err))
			return true;
		if (job->done.rows_read > before)
			tries = 0;
		if (!passes(err) || ++tries == TRIES_MAX)
			return false;
		process_nap(TRY_AGAIN_MS);
	}
}

static enum import_end
meaning(const struct err *err)
{
	switch ((int)err->kind) {
	case FAIL_REFUSED: return IMPORT_LOST;
	case FAIL_TIMEOUT:
	case FAIL_IO:
	case FAIL_CONFLICT:
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

/* The text of the file, wherever it is. */
static bool
read_plain(struct import_job *job, struct err *err)
{
	struct import_plain p = {job->fd, job->where, job->options.encoding,
	    job->bytes_max};
	int plain;
	bool ok;

	if (!import_plain_open(&p, &plain, err))
		return false;
	if (plain < 0)
		return read_patiently(job, err);
	job->fd = plain;
	ok = db_run(job->db, Q_IMPORT_TOTAL,
		 DB_ARGS(db_int(job->target.import_id),
		     db_int(lseek(plain, 0, SEEK_END))),
		 NULL, err) &&
	     read_patiently(job, err);
	job->fd = p.fd;
	close(plain);
	return ok;
}

enum import_end
import_job_run(struct import_job *job, struct err *err)
{
	enum import_end end;
	struct err late = {0};

	*err = (struct err){0};
	if (read_plain(job, err))
		return finish(job, NULL, err) ? IMPORT_DONE : meaning(err);
	end = meaning(err);
	if (end == IMPORT_UNUSABLE && !finish(job, err->text, &late)) {
		*err = late;
		end = meaning(err);
	}
	return end;
}
