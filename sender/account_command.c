#include "sender/account_command.h"

#include "db/conninfo.h"
#include "db/db.h"
#include "db/migrate.h"
#include "db/oauth_token.h"
#include "lib/base/clock.h"
#include "lib/base/process.h"
#include "sender/errand.h"

#include <getopt.h>

#define LOOK_MS 200
#define TAKE_MS 5000 /* somebody at work takes a task by then */
#define WORK_MS (ERRAND_HOLD_S * INT64_C(1000)) /* beside self_test_s */

static const char usage[] =
    "usage: volley account test ID [--mailbox ID] [--to ADDRESS]\n"
    "                              [--from ADDRESS]\n"
    "       volley account test ID --login\n"
    "\n"
    "Connects to the server of an SMTP account, checks its certificate, logs\n"
    "in, and prints how each step went.  Exits 1 when one failed.\n"
    "\n"
    "Where there is a mailbox to read it back from, it also sends one message\n"
    "as a campaign would and looks for it, up to --self-test-s seconds, in "
    "the\n"
    "mailbox's folder, INBOX and the folder for spam; `volley sender` and\n"
    "`volley bounce`, or `volley up`, have to run for that.  The steps tell\n"
    "whether envelope sender, Message-ID, From and both List-Unsubscribe "
    "fields\n"
    "are kept, which DKIM signatures cover them, and what the reading host\n"
    "says of SPF, DKIM and DMARC.  What is found is kept with the account and\n"
    "switches two features, until a person says otherwise (PATCH\n"
    "/v1/accounts/ID):\n"
    "\n"
    "  verp       off where the envelope sender is replaced\n"
    "  one_click  off (no List-Unsubscribe-Post) where no DKIM signature "
    "covers it\n"
    "\n"
    "  --mailbox ID    read by IMAP; else the one with the account's user "
    "name\n"
    "  --to ADDRESS    the mailbox's; else its user name\n"
    "  --from ADDRESS  who writes; else as the account's newest campaign does\n"
    "  --login         sends nothing\n";

/* What the command line asks for. */
struct wish {
	int64_t account;
	int64_t mailbox; /* 0: the account's own */
	const char *to, *from;
	bool only_login;
};

struct account_test {
	const struct settings *settings;
	const struct wish *wish;
	char conninfo[DATABASE_CONNINFO_MAX];
	struct keyring ring;
	struct db *db;
};

enum { PLAN_MAILBOX = 0, PLAN_PROTOCOL, PLAN_TO, PLAN_FROM, PLAN_RETURN_PATH };
enum { STEP_SENDING = 0, STEP_STATE, STEP_NAME, STEP_OK, STEP_DETAIL };

static void
print_step(struct str name, bool ok, struct str detail)
{
	printf("%-8.*s %-6s %.*s\n", STR_ARG(name), ok ? "ok" : "FAILED",
	    STR_ARG(detail));
	fflush(stdout);
}

/* ---- logging in ---- */

struct login {
	struct loop *loop;
	bool ok;
};

static void
on_probed(const struct probe_result *result, void *arg)
{
	struct login *l = arg;
	int i;

	for (i = 0; i < result->count; i++)
		print_step(str_of(result->steps[i].name), result->steps[i].ok,
		    str_of(result->steps[i].detail));
	l->ok = result->ok;
	loop_stop(l->loop);
}

static bool
probe_row(struct account_test *t, const struct relay_row *row)
{
	struct login l = {loop_new(), false};
	struct db_link *link = db_link_new(l.loop, t->conninfo);
	struct oauth_token *left = NULL;
	struct probe *probe = probe_new(
	    &(struct probe_params){
		.loop = l.loop,
		.link = link,
		.ring = &t->ring,
		.holder = process_name(),
		.left = &left,
		.settings = t->settings,
		.row = row,
	    },
	    on_probed, &l);

	loop_run(l.loop);
	probe_free(probe);
	db_link_free(link);
	oauth_token_free_left(&left);
	loop_free(l.loop);
	return l.ok;
}

static bool
log_in(struct account_test *t)
{
	long long id = t->wish->account;
	struct relay_row row;
	struct db_result r;
	struct err err;
	bool ok;

	if (!db_one(t->db, Q_WORK_ACCOUNT, DB_ARGS(db_int(id)), &r, &err))
		die("account %lld: %s", id, err.text);
	if (!relay_row_read(&row, &r, 0, &t->ring, &err))
		die("account %lld: %s", id, err.text);
	db_result_free(&r);
	ok = probe_row(t, &row);
	relay_row_release(&row);
	return ok;
}

/* ---- the self-test ---- */

static int64_t
queue(struct account_test *t, const struct db_result *plan)
{
	struct db_result r;
	struct err err;
	int64_t task;

	if (!db_one(t->db, Q_SELF_TEST_INSERT,
		DB_ARGS(db_int(t->wish->account),
		    db_int(db_get_int(plan, 0, PLAN_MAILBOX)),
		    db_text(db_get_text(plan, 0, PLAN_TO)),
		    db_text(db_get_text(plan, 0, PLAN_FROM)),
		    db_text(db_get_text(plan, 0, PLAN_RETURN_PATH))),
		&r, &err))
		die("account: %s", err.text);
	task = db_get_int(&r, 0, 0);
	db_result_free(&r);
	return task;
}

/* The steps that were not told yet; true: it goes on. */
static bool
tell_news(const struct db_result *r, int *told, bool *ok)
{
	int i, rows = db_rows(r);
	struct str state;

	if (rows == 0)
		return false;
	for (i = *told; i < rows && !db_is_null(r, i, STEP_NAME); i++) {
		print_step(db_get_text(r, i, STEP_NAME),
		    db_get_bool(r, i, STEP_OK), db_get_text(r, i, STEP_DETAIL));
		*ok = *ok && db_get_bool(r, i, STEP_OK);
		*told = i + 1;
	}
	state = db_get_text(r, 0, STEP_STATE);
	return str_eq(state, STR("queued")) || str_eq(state, STR("running"));
}

/* A message that nobody has sent is not sent later, unasked for. */
static void
give_up(struct account_test *t, int64_t task, bool queued, bool sending)
{
	struct err err;

	if (sending && queued)
		(void)!db_run(t->db, Q_SELF_TEST_CANCEL, DB_ARGS(db_int(task)),
		    NULL, &err);
	if (sending)
		die("account: no sender %s: is `volley sender` (or `volley "
		    "up`) "
		    "running?",
		    queued ? "takes the test" : "finishes the test");
	die("account: the message is sent, but no poller %s: is `volley "
	    "bounce` (or `volley up`) running?",
	    queued ? "looks for it" : "tells of it");
}

/* Each half has its time, from when the task was last seen to move. */
static bool
follow(struct account_test *t, int64_t task)
{
	int64_t work_ms = WORK_MS + t->settings->self_test_s * 1000, since = 0;
	bool queued = false, sending = false, was_queued, was_sending;
	bool ok = true, more = true;
	struct db_result r;
	struct err err;
	int told = 0;

	while (more) {
		was_queued = queued;
		was_sending = sending;
		if (!db_run(t->db, Q_SELF_TEST_PROGRESS, DB_ARGS(db_int(task)),
			&r, &err))
			die("account: %s", err.text);
		more = tell_news(&r, &told, &ok);
		queued = more &&
			 str_eq(db_get_text(&r, 0, STEP_STATE), STR("queued"));
		sending = more && db_get_bool(&r, 0, STEP_SENDING);
		db_result_free(&r);
		if (queued != was_queued || sending != was_sending)
			since = clock_mono_ms();
		if (more &&
		    clock_mono_ms() - since > (queued ? TAKE_MS : work_ms))
			give_up(t, task, queued, sending);
		if (more)
			process_nap(LOOK_MS);
	}
	return ok && told > 0;
}

static void
check_plan(const struct wish *w, const struct db_result *plan)
{
	if (db_is_null(plan, 0, PLAN_MAILBOX))
		die("account: %s",
		    w->mailbox != 0 ? "there is no such mailbox"
				    : "no mailbox has the account's user name: "
				      "--mailbox tells which");
	if (!str_eq(db_get_text(plan, 0, PLAN_PROTOCOL), STR("imap")))
		die("account: the mailbox has to be read by IMAP");
	if (db_is_null(plan, 0, PLAN_TO))
		die("account: the mailbox's user name is no address: --to "
		    "tells it");
}

static bool
test(struct account_test *t)
{
	const struct wish *w = t->wish;
	bool ok, asked = w->mailbox != 0 || w->to != NULL || w->from != NULL;
	struct db_result plan;
	struct err err;

	if (!db_one(t->db, Q_SELF_TEST_PLAN,
		DB_ARGS(db_int(w->account),
		    db_int_or_null(w->mailbox, w->mailbox != 0), db_cstr(w->to),
		    db_cstr(w->from)),
		&plan, &err))
		die("account %lld: %s", (long long)w->account,
		    err.kind == FAIL_MISSING ? "there is none" : err.text);
	if (asked)
		check_plan(w, &plan);
	if (w->only_login || db_is_null(&plan, 0, PLAN_MAILBOX)) {
		ok = log_in(t);
		if (!w->only_login)
			fprintf(stderr,
			    "Nothing was sent: --mailbox tells where to read "
			    "it back.\n");
	} else {
		ok = follow(t, queue(t, &plan));
	}
	db_result_free(&plan);
	return ok;
}

/* ---- the command line ---- */

static int
misuse(const char *why)
{
	fprintf(stderr, "volley account: %s\n%s", why, usage);
	return 2;
}

static bool
read_option(struct wish *w, int option)
{
	switch (option) {
	case 'm':
		return str_to_i64(str_of(optarg), &w->mailbox) &&
		       w->mailbox > 0;
	case 't': w->to = optarg; return true;
	case 'f': w->from = optarg; return true;
	case 'l': w->only_login = true; return true;
	default: return false;
	}
}

static const char *
read_wish(struct wish *w, int argc, char **argv)
{
	static const struct option options[] = {
	    {"mailbox", required_argument, NULL, 'm'},
	    {"to", required_argument, NULL, 't'},
	    {"from", required_argument, NULL, 'f'},
	    {"login", no_argument, NULL, 'l'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	*w = (struct wish){.mailbox = 0};
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!read_option(w, option))
			return "an argument is not understood";
	if (argc - optind != 2 || strcmp(argv[optind], "test") != 0)
		return "test what?";
	if (!str_to_i64(str_of(argv[optind + 1]), &w->account))
		return "the account is named by its number";
	if (w->only_login && (w->mailbox != 0 || w->to != NULL || w->from))
		return "--login sends nothing";
	return NULL;
}

static bool
run(const struct wish *w, const struct settings *settings)
{
	struct account_test t = {.settings = settings, .wish = w};
	struct err err;
	bool ok;

	process_start("account", settings->log_level);
	if (!database_conninfo(settings, t.conninfo, &err) ||
	    !keyring_load(&t.ring, settings->key_file, &err) ||
	    !db_open(&t.db, t.conninfo, DB_PREPARED, &err) ||
	    !db_schema_check(t.db, &err))
		die("%s", err.text);
	ok = test(&t);
	db_close(t.db);
	keyring_wipe(&t.ring);
	return ok;
}

static bool
asks_for_help(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

int
account_main(int argc, char **argv, const struct settings *settings)
{
	const char *wrong;
	struct wish w;

	if (asks_for_help(argc, argv)) {
		fputs(usage, stdout);
		fputs("\nSettings (see `volley --help`):\n", stdout);
		settings_help(stdout);
		return 0;
	}
	wrong = read_wish(&w, argc, argv);
	if (wrong != NULL)
		return misuse(wrong);
	return run(&w, settings) ? 0 : 1;
}
