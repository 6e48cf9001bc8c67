#include "api/import_command.h"

#include "api/import_job.h"
#include "db/conninfo.h"
#include "lib/base/clock.h"
#include "lib/base/process.h"

#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#define BAR_WIDTH    30
#define BAR_EVERY_MS 100
#define SHOWN_ERRORS 10

static const char usage[] =
    "usage: volley import LIST FILE [--mode merge|skip|replace]\n"
    "                     [--format csv|ndjson]\n"
    "Imports contacts into a list, given by name or id; FILE may be - for\n"
    "the standard input.  merge changes contacts that are known already\n"
    "where the file says something else, skip leaves them as they are, "
    "replace\n"
    "gives them the attributes of the file and no others.  Nobody who left "
    "comes back by it.\n"
    "Exit status: 0 done, 1 the file could not be imported, 2 usage.\n";

struct wish {
	const char *list, *file;
	enum import_mode mode;
	enum import_format format;
};

struct bar {
	bool shown; /* on a terminal only */
	int64_t total, started_ms, next_ms;
};

static void
draw(const struct import_job *job, struct bar *bar, int64_t now_ms)
{
	double part =
	    bar->total > 0 ? (double)job->bytes_read / (double)bar->total : 0;
	double seconds = (double)(now_ms - bar->started_ms + 1) / 1000;
	int filled = (int)(part * BAR_WIDTH);

	fprintf(stderr,
	    "\r[%.*s%*s] %3d%%  %.1f MB  %.0f rows/s  %lld rejected ", filled,
	    "##############################", BAR_WIDTH - filled, "",
	    (int)(part * 100), (double)job->bytes_read / 1e6,
	    (double)job->done.rows_read / seconds,
	    (long long)job->done.rejected);
}

static void
on_progress(const struct import_job *job, void *arg)
{
	struct bar *bar = arg;
	int64_t now_ms = clock_mono_ms();

	if (!bar->shown || now_ms < bar->next_ms)
		return;
	bar->next_ms = now_ms + BAR_EVERY_MS;
	draw(job, bar, now_ms);
}

/* NULL, or what is wrong. */
static const char *
read_wish(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
	    {"mode", required_argument, NULL, 'm'},
	    {"format", required_argument, NULL, 'f'},
	    {0},
	};
	bool format = false;
	int c;

	*w = (struct wish){0};
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'm' && import_mode_parse(str_of(optarg), &w->mode))
			continue;
		if (c != 'f' ||
		    !import_format_parse(str_of(optarg), &w->format))
			return "unknown flag or value";
		format = true;
	}
	if (argc - optind != 2)
		return "a list and a file are needed";
	w->list = argv[optind];
	w->file = argv[optind + 1];
	if (!format && (str_ends(str_of(w->file), STR(".ndjson")) ||
			   str_ends(str_of(w->file), STR(".jsonl"))))
		w->format = IMPORT_NDJSON;
	return NULL;
}

static bool
find_list(struct db *db, const struct wish *w, int64_t *id, struct err *err)
{
	struct db_result r;

	if (!str_is_utf8(str_of(w->list)))
		return err_set(err, FAIL_INPUT, "the list's name is not UTF-8");
	if (!db_one(db, Q_IMPORT_FIND_LIST, DB_ARGS(db_cstr(w->list)), &r,
		err)) {
		if (err->kind == FAIL_MISSING)
			err_set(err, FAIL_MISSING,
			    "there is no list \"%.100s\"", w->list);
		return false;
	}
	*id = db_get_int(&r, 0, 0);
	db_result_free(&r);
	return true;
}

static bool
copy_all(int from, FILE *to)
{
	char block[65536];
	ssize_t n;

	while ((n = read(from, block, sizeof(block))) > 0)
		if (fwrite(block, 1, (size_t)n, to) != (size_t)n)
			return false;
	return n == 0 && fflush(to) == 0 && fseek(to, 0, SEEK_SET) == 0;
}

/* A pipe cannot go back to a row, so what comes through one is kept in a
 * file without a name. */
static bool
keep_pipe(int *fd)
{
	FILE *copy = tmpfile();
	int kept = -1;

	if (copy != NULL && copy_all(*fd, copy))
		kept = dup(fileno(copy));
	if (copy != NULL)
		fclose(copy);
	close(*fd);
	*fd = kept;
	return kept >= 0;
}

static bool
open_file(const struct wish *w, int *fd, int64_t *bytes, struct err *err)
{
	bool is_input = strcmp(w->file, "-") == 0;
	struct stat st;

	*fd =
	    is_input ? dup(STDIN_FILENO) : open(w->file, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return err_set(err, FAIL_IO, "open %s: %m", w->file);
	if (S_ISDIR(st.st_mode))
		return err_set(err, FAIL_INPUT, "open %s: is a folder",
		    w->file);
	if (!S_ISREG(st.st_mode) && (!keep_pipe(fd) || fstat(*fd, &st) != 0))
		return err_set(err, FAIL_IO, "keep %s: %m", w->file);
	*bytes = st.st_size;
	return true;
}

static bool
start(struct import_job *job, const struct wish *w, int64_t bytes,
    struct err *err)
{
	struct db_result r;

	job->format = w->format;
	job->holder = process_name();
	job->target.mode = w->mode;
	if (!find_list(job->db, w, &job->target.list_id, err) ||
	    !db_one(job->db, Q_IMPORT_INSERT_RUNNING,
		DB_ARGS(db_int(job->target.list_id),
		    db_cstr(import_mode_name(w->mode)),
		    db_cstr(import_format_name(w->format)), db_int(bytes),
		    db_cstr(job->holder)),
		&r, err))
		return false;
	job->target.import_id = db_get_int(&r, 0, 0);
	db_result_free(&r);
	return true;
}

static void
show_rejected(struct import_job *job)
{
	struct db_result r;
	struct err err;
	int row;

	if (!db_run(job->db, Q_IMPORT_ERROR_LINES,
		DB_ARGS(db_int(job->target.import_id), db_int(0),
		    db_int(SHOWN_ERRORS)),
		&r, &err))
		return;
	for (row = 0; row < db_rows(&r); row++)
		printf("  line %lld: %.*s\n", (long long)db_get_int(&r, row, 0),
		    STR_ARG(db_get_text(&r, row, 1)));
	if (job->done.rejected > db_rows(&r))
		printf("  ... GET /v1/imports/%lld/errors has the others\n",
		    (long long)job->target.import_id);
	db_result_free(&r);
}

static void
show_sum(struct import_job *job, const struct bar *bar)
{
	const struct import_counts *c = &job->done;
	double seconds = (double)(clock_mono_ms() - bar->started_ms + 1) / 1000;

	printf("import %lld: %lld rows in %.1f s: %lld inserted, %lld updated, "
	       "%lld unchanged, %lld rejected; %lld suppressed\n",
	    (long long)job->target.import_id, (long long)c->rows_read, seconds,
	    (long long)c->inserted, (long long)c->updated,
	    (long long)c->unchanged, (long long)c->rejected,
	    (long long)c->suppressed);
	if (c->rejected > 0)
		show_rejected(job);
}

/* A process that reads a file from outside the spool has no successor. */
static bool
run(struct import_job *job, struct bar *bar, struct err *err)
{
	enum import_end end;
	struct err ignored;

	job->on_progress = on_progress;
	job->arg = bar;
	end = import_job_run(job, err);
	if (bar->shown) {
		draw(job, bar, clock_mono_ms());
		fputc('\n', stderr);
	}
	if (end == IMPORT_STOPPED &&
	    !db_run(job->db, Q_IMPORT_FINISH,
		DB_ARGS(db_int(job->target.import_id), db_cstr(job->holder),
		    db_cstr(err->text)),
		NULL, &ignored))
		fprintf(stderr, "volley import: %s\n", ignored.text);
	show_sum(job, bar);
	return end == IMPORT_DONE;
}

int
import_main(int argc, char **argv, const struct settings *settings)
{
	struct bar bar = {.shown = isatty(STDERR_FILENO) == 1,
	    .started_ms = clock_mono_ms()};
	struct import_job job = {.fd = -1};
	char conninfo[DATABASE_CONNINFO_MAX];
	const char *wrong;
	struct wish w;
	struct err err = {0};
	bool ok;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0;
	wrong = read_wish(argc, argv, &w);
	if (wrong != NULL) {
		fprintf(stderr, "volley import: %s\n%s", wrong, usage);
		return 2;
	}
	process_start("import", settings->log_level);
	process_catch_stop();
	ok = open_file(&w, &job.fd, &bar.total, &err) &&
	     database_conninfo(settings, conninfo, &err) &&
	     db_open(&job.db, conninfo, DB_UNPREPARED, &err) &&
	     start(&job, &w, bar.total, &err) && run(&job, &bar, &err);
	if (!ok)
		fprintf(stderr, "volley import: %s\n", err.text);
	db_close(job.db);
	if (job.fd >= 0)
		close(job.fd);
	return ok ? 0 : 1;
}
