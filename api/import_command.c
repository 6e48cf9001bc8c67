#include "api/import_command.h"

#include "api/import_job.h"
#include "db/conninfo.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/keyring.h"
#include "lib/base/process.h"

#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#define BAR_WIDTH    30
#define BAR_EVERY_MS 100
#define SHOWN_ERRORS 10

static const char usage[] =
    "usage: volley import LIST FILE [--mode merge|skip|replace] [--dry-run]\n"
    "                     [--basis TEXT] [--format csv|ndjson]\n"
    "                     [--encoding NAME] [--delimiter NAME] "
    "[--source NAME]\n"
    "                     [--columns JSON]\n"
    "Imports contacts into a list, given by name or id; FILE may be - for\n"
    "the standard input, gzip, and ZIP of one file.  Nobody who left comes\n"
    "back by it.\n"
    "  --mode      merge changes contacts that are known already where the\n"
    "              file says something else, skip leaves them as they are,\n"
    "              replace gives them the attributes of the file, no others\n"
    "  --dry-run   tells what would happen\n"
    "  --basis     why these people may be written to; kept with the import\n"
    "  --encoding  utf-8, utf-16le, utf-16be, windows-1252; else detected\n"
    "  --delimiter comma, semicolon, tab, pipe; else detected\n"
    "  --source    listmonk, mailchimp: columns as these programs export them\n"
    "  --columns    {\"E-Mail\":\"email\",\"Junk\":null,\n"
    "              \"Age\":{\"name\":\"age\",\"type\":\"number\"}}; types: "
    "text\n"
    "              number boolean date object status\n"
    "Exit status: 0 done, 1 the file could not be imported, 2 usage.\n";

struct wish {
	const char *list, *file;
	enum import_mode mode;
	bool dry_run;
	struct str basis;
	struct import_words words;
	struct buf reading; /* of these words */
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

static enum import_format
guess_format(struct str file)
{
	if (str_ends(file, STR(".gz")))
		file = str_sub(file, 0, file.n - 3);
	return str_ends(file, STR(".ndjson")) || str_ends(file, STR(".jsonl"))
		   ? IMPORT_NDJSON
		   : IMPORT_CSV;
}

static bool
take_flag(struct wish *w, int flag)
{
	struct str value = optarg != NULL ? str_of(optarg) : STR_NONE;

	switch (flag) {
	case 'm': return import_mode_parse(value, &w->mode);
	case 'f': return import_format_parse(value, &w->format);
	case 'n': return w->dry_run = true;
	case 'b': w->basis = value; break;
	case 'e': w->words.encoding = value; break;
	case 'd': w->words.delimiter = value; break;
	case 's': w->words.source = value; break;
	case 'c': w->words.columns = value; break;
	default: return false;
	}
	return true;
}

/* NULL, or what is wrong. */
static const char *
read_wish(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
	    {"mode", required_argument, NULL, 'm'},
	    {"format", required_argument, NULL, 'f'},
	    {"dry-run", no_argument, NULL, 'n'},
	    {"basis", required_argument, NULL, 'b'},
	    {"encoding", required_argument, NULL, 'e'},
	    {"delimiter", required_argument, NULL, 'd'},
	    {"source", required_argument, NULL, 's'},
	    {"columns", required_argument, NULL, 'c'},
	    {0},
	};
	bool format = false;
	int c;

	*w = (struct wish){0};
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (!take_flag(w, c))
			return "unknown flag or value";
		format |= c == 'f';
	}
	if (argc - optind != 2)
		return "a list and a file are needed";
	w->list = argv[optind];
	w->file = argv[optind + 1];
	if (!format)
		w->format = guess_format(str_of(w->file));
	if (w->basis.n > IMPORT_BASIS_MAX || !str_is_utf8(w->basis) ||
	    str_has_control(w->basis))
		return "the basis must be text of at most 500 bytes";
	return NULL;
}

static bool
read_options(struct import_job *job, struct wish *w, struct err *err)
{
	buf_init(&w->reading, IMPORT_OPTIONS_MAX);
	if (!import_options_gather(&w->words, &w->reading, err))
		return false;
	if (w->words.columns.p != NULL && w->format != IMPORT_CSV)
		return err_set(err, FAIL_INPUT, "columns: is for CSV");
	return import_options_parse(&job->options, buf_view(&w->reading), err);
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
	job->target.dry_run = w->dry_run;
	if (!find_list(job->db, w, &job->target.list_id, err) ||
	    !db_one(job->db, Q_IMPORT_INSERT_RUNNING,
		DB_ARGS(db_int(job->target.list_id),
		    db_cstr(import_mode_name(w->mode)),
		    db_cstr(import_format_name(w->format)), db_int(bytes),
		    db_cstr(job->holder), db_bool(w->dry_run),
		    db_text(w->basis), db_text(buf_view(&w->reading))),
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
	struct import_job job = {.fd = -1,
	    .where = P_tmpdir,
	    .bytes_max = settings->import_bytes_max};
	char conninfo[DATABASE_CONNINFO_MAX];
	struct keyring ring;
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
	/* whoever has no key file has erased nobody */
	if (file_exists(settings->key_file))
		job.target.person = &ring.person;
	ok = read_options(&job, &w, &err) &&
	     (job.target.person == NULL ||
		 keyring_load(&ring, settings->key_file, &err)) &&
	     open_file(&w, &job.fd, &bar.total, &err) &&
	     database_conninfo(settings, conninfo, &err) &&
	     db_open(&job.db, conninfo, DB_UNPREPARED, &err) &&
	     start(&job, &w, bar.total, &err) && run(&job, &bar, &err);
	if (!ok)
		fprintf(stderr, "volley import: %s\n", err.text);
	db_close(job.db);
	import_options_release(&job.options);
	buf_release(&w.reading);
	if (job.fd >= 0)
		close(job.fd);
	return ok ? 0 : 1;
}
