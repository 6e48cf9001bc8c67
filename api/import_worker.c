#include "api/import_worker.h"

#include "api/import_job.h"
#include "api/import_spool.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"

#include <pthread.h>

#define LOOK_MS      200
#define AWAY_MS      2000 /* after the database was away */
#define SWEEP_MS     60000
#define QUEUE_MAX    64   /* files looked at in one go */
#define ORPHAN_AGE_S 3600 /* a file whose row was never committed */

struct import_worker {
	const struct api *api;
	pthread_t threads[IMPORT_THREADS];
};

/* One thread. */
struct importer {
	const struct api *api;
	struct db *db;
	char holder[PROCESS_NAME_MAX + 32];
};

static void
log_end(const struct import_job *job, enum import_end end,
    const struct err *err)
{
	static const char *const names[] = {
	    [IMPORT_DONE] = "done",
	    [IMPORT_UNUSABLE] = "failed",
	    [IMPORT_LOST] = "lost",
	    [IMPORT_STOPPED] = "stopped",
	};

	log_info("import", "id=%lld end=%s rows=%lld rejected=%lld text=%s",
	    (long long)job->target.import_id, names[end],
	    (long long)job->done.rows_read, (long long)job->done.rejected,
	    log_quote(str_of(err->text)));
}

/* false: come back later. */
static bool
run_job(struct importer *i, struct import_spool *spool, int64_t id,
    const struct db_result *row)
{
	struct import_job job = {.fd = spool->fd,
	    .db = i->db,
	    .holder = i->holder,
	    .where = i->api->spool,
	    .bytes_max = i->api->settings->import_bytes_max,
	    .target = {.import_id = id,
		.list_id = db_get_int(row, 0, 0),
		.dry_run = db_get_bool(row, 0, 5),
		.person = &i->api->keyring.person},
	    .done = {.rows_read = db_get_int(row, 0, 3),
		.rejected = db_get_int(row, 0, 4)}};
	enum import_end end;
	struct err err;

	if (!import_mode_parse(db_get_text(row, 0, 1), &job.target.mode) ||
	    !import_format_parse(db_get_text(row, 0, 2), &job.format) ||
	    !import_options_parse(&job.options, db_get_text(row, 0, 6), &err))
		BUG("import %lld is not as it was made", (long long)id);
	end = import_job_run(&job, &err);
	import_options_release(&job.options);
	log_end(&job, end, &err);
	if (end == IMPORT_STOPPED)
		return false;
	import_spool_remove(spool);
	return true;
}

/* Nothing to claim: it is in, or its row is not committed yet, or never
 * will be. */
static void
look_at_leftover(struct importer *i, struct import_spool *spool, int64_t id)
{
	struct db_result r;
	struct err err;
	bool gone;

	if (!db_run(i->db, Q_IMPORT_STATE, DB_ARGS(db_int(id)), &r, &err))
		return;
	gone = db_rows(&r) == 0;
	db_result_free(&r);
	if (!gone || import_spool_age_s(spool) > ORPHAN_AGE_S)
		import_spool_remove(spool);
}

/* false: the database is away, or we were told to stop. */
static bool
take_file(struct importer *i, int64_t id)
{
	struct import_spool spool;
	struct db_result r;
	struct err err;
	bool ok;

	if (!import_spool_take(&spool, i->api->spool, id))
		return true;
	ok = db_run(i->db, Q_IMPORT_CLAIM,
	    DB_ARGS(db_int(id), db_cstr(i->holder)), &r, &err);
	if (ok) {
		if (db_rows(&r) > 0)
			ok = run_job(i, &spool, id, &r);
		else
			look_at_leftover(i, &spool, id);
		db_result_free(&r);
	}
	import_spool_close(&spool);
	return ok;
}

static bool
connect_db(struct importer *i)
{
	struct err err;

	if (i->db != NULL ||
	    db_open(&i->db, i->api->conninfo, DB_UNPREPARED, &err))
		return true;
	i->db = NULL;
	log_warn("import_no_database", "text=%s", log_quote(str_of(err.text)));
	return false;
}

static void
keep_house(struct importer *i, int64_t *next_ms)
{
	struct err err;

	if (clock_mono_ms() < *next_ms)
		return;
	*next_ms = clock_mono_ms() + SWEEP_MS;
	import_spool_sweep(i->api->spool);
	if (!db_run(i->db, Q_IDEMPOTENCY_PURGE, DB_NO_ARGS, NULL, &err) ||
	    !db_run(i->db, Q_IMPORT_ABANDON, DB_NO_ARGS, NULL, &err))
		log_warn("import_sweep", "text=%s",
		    log_quote(str_of(err.text)));
}

static void
look(struct importer *i)
{
	int64_t ids[QUEUE_MAX];
	size_t n = import_spool_list(i->api->spool, ids, QUEUE_MAX);
	size_t k;

	for (k = 0; k < n && !process_stopping(); k++)
		if (!take_file(i, ids[k])) {
			process_nap(AWAY_MS);
			break;
		}
	process_nap(LOOK_MS);
}

static void *
work(void *arg)
{
	struct import_worker *w = arg;
	struct importer i = {.api = w->api};
	int64_t sweep_ms = 0;

	snprintf(i.holder, sizeof(i.holder), "%s:%lx", process_name(),
	    (unsigned long)pthread_self());
	while (!process_stopping()) {
		if (!connect_db(&i)) {
			process_nap(AWAY_MS);
			continue;
		}
		keep_house(&i, &sweep_ms);
		look(&i);
	}
	db_close(i.db);
	return NULL;
}

struct import_worker *
import_worker_start(const struct api *api)
{
	struct import_worker *w = NEW(struct import_worker);
	int i;

	w->api = api;
	for (i = 0; i < IMPORT_THREADS; i++)
		if (pthread_create(&w->threads[i], NULL, work, w) != 0)
			die("api: cannot start a thread");
	return w;
}

void
import_worker_stop(struct import_worker *w)
{
	int i;

	for (i = 0; i < IMPORT_THREADS; i++)
		pthread_join(w->threads[i], NULL);
	free(w);
}
