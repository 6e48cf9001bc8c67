#include "sender/status_command.h"

#include "db/conninfo.h"
#include "db/db.h"
#include "lib/base/process.h"
#include "sender/progress.h"

#include <getopt.h>
#include <unistd.h>

#define WATCH_MS 1000

static const char usage[] =
    "usage: volley status [CAMPAIGN] [--watch]\n"
    "\n"
    "How far the campaigns are that are under way, or one of them: how fast\n"
    "it is, what is pending and deferred, the state of its accounts, and\n"
    "which receiving domains are slow, and why.\n"
    "\n"
    "  --watch  again and again, until Ctrl-C\n";

enum {
	CAMPAIGN_ID,
	CAMPAIGN_NAME,
	CAMPAIGN_STATUS,
	CAMPAIGN_REASON,
	CAMPAIGN_AUDIENCE,
	CAMPAIGN_PENDING,
	CAMPAIGN_RATE,
	CAMPAIGN_UNDER_WAY,
	CAMPAIGN_WORKERS,
	CAMPAIGN_DEFERRED,
	CAMPAIGN_NEXT_S,
	CAMPAIGN_STARTS_S,
	CAMPAIGN_KEPT,
};

/* Rows of status_accounts and status_groups. */
enum {
	ACCOUNT_ID,
	ACCOUNT_NAME,
	ACCOUNT_STATE,
	ACCOUNT_WHY,
	ACCOUNT_FOR_S,
	ACCOUNT_CONNECTIONS,
	ACCOUNT_UNDER_WAY,
};
enum {
	GROUP_ACCOUNT,
	GROUP_NAME,
	GROUP_STATE,
	GROUP_WHY,
	GROUP_FOR_S,
	GROUP_UNDER_WAY,
	GROUP_ALLOWED,
};

struct wish {
	int64_t campaign; /* 0: all */
	bool watch;
};

static bool
is_running(const struct db_result *r, int line)
{
	return str_eq(db_get_text(r, line, CAMPAIGN_STATUS), STR("running"));
}

static void
add_deferred(struct buf *out, const struct db_result *r, int line)
{
	char number[PROGRESS_NUMBER_MAX], time[PROGRESS_TIME_MAX];

	if (db_get_int(r, line, CAMPAIGN_DEFERRED) == 0)
		return;
	buf_printf(out, "  %s deferred, next %s%s",
	    progress_number(db_get_int(r, line, CAMPAIGN_DEFERRED), number),
	    db_get_int(r, line, CAMPAIGN_NEXT_S) > 0 ? "in " : "now",
	    db_get_int(r, line, CAMPAIGN_NEXT_S) > 0
		? progress_time(db_get_int(r, line, CAMPAIGN_NEXT_S), time)
		: "");
}

static void
add_kept(struct buf *out, const struct db_result *r, int line)
{
	char number[PROGRESS_NUMBER_MAX];

	if (db_get_int(r, line, CAMPAIGN_KEPT) > 0)
		buf_printf(out, "  %s kept until it is resumed",
		    progress_number(db_get_int(r, line, CAMPAIGN_KEPT),
			number));
}

static void
add_rate(struct buf *out, const struct db_result *r, int line)
{
	char number[PROGRESS_NUMBER_MAX], time[PROGRESS_TIME_MAX];
	double rate = db_get_float(r, line, CAMPAIGN_RATE);
	int64_t pending = db_get_int(r, line, CAMPAIGN_PENDING);

	if (!is_running(r, line))
		return;
	buf_printf(out, "  %s/s, %lld under way",
	    progress_number((int64_t)rate, number),
	    (long long)db_get_int(r, line, CAMPAIGN_UNDER_WAY));
	if (rate >= 1 && pending > 0)
		buf_printf(out, ", %s left",
		    progress_time((int64_t)((double)pending / rate), time));
	if (db_get_int(r, line, CAMPAIGN_WORKERS) == 0)
		buf_puts(out, "  (no sender is at work on it)");
}

static void
add_campaign(struct buf *out, const struct db_result *r, int line)
{
	int64_t audience = db_get_int(r, line, CAMPAIGN_AUDIENCE);
	int64_t done = audience - db_get_int(r, line, CAMPAIGN_PENDING);
	char a[PROGRESS_NUMBER_MAX], b[PROGRESS_NUMBER_MAX];
	char time[PROGRESS_TIME_MAX];

	buf_printf(out, "campaign %lld \"%.*s\": %.*s",
	    (long long)db_get_int(r, line, CAMPAIGN_ID),
	    STR_ARG(db_get_text(r, line, CAMPAIGN_NAME)),
	    STR_ARG(db_get_text(r, line, CAMPAIGN_STATUS)));
	if (db_get_int(r, line, CAMPAIGN_STARTS_S) > 0)
		buf_printf(out, ", starts in %s",
		    progress_time(db_get_int(r, line, CAMPAIGN_STARTS_S),
			time));
	if (db_get_text(r, line, CAMPAIGN_REASON).n > 0)
		buf_printf(out, ": %.*s",
		    STR_ARG(db_get_text(r, line, CAMPAIGN_REASON)));
	buf_char(out, '\n');
	if (audience == 0)
		return;
	buf_printf(out, "  %lld %%  %s of %s",
	    (long long)(done * 100 / audience), progress_number(done, a),
	    progress_number(audience, b));
	add_rate(out, r, line);
	add_deferred(out, r, line);
	add_kept(out, r, line);
	buf_char(out, '\n');
}

static void
add_trouble(struct buf *out, struct str why, int64_t for_s)
{
	char time[PROGRESS_TIME_MAX];

	if (for_s > 0)
		buf_printf(out, ", again in %s", progress_time(for_s, time));
	if (why.n > 0)
		buf_printf(out, ": %.*s", STR_ARG(why));
	buf_char(out, '\n');
}

static void
add_account(struct buf *out, const struct db_result *r, int line)
{
	buf_printf(out,
	    "  account %lld \"%.*s\": %.*s, %lld connections, %lld under way",
	    (long long)db_get_int(r, line, ACCOUNT_ID),
	    STR_ARG(db_get_text(r, line, ACCOUNT_NAME)),
	    STR_ARG(db_get_text(r, line, ACCOUNT_STATE)),
	    (long long)db_get_int(r, line, ACCOUNT_CONNECTIONS),
	    (long long)db_get_int(r, line, ACCOUNT_UNDER_WAY));
	add_trouble(out, db_get_text(r, line, ACCOUNT_WHY),
	    db_get_int(r, line, ACCOUNT_FOR_S));
}

static void
add_group(struct buf *out, const struct db_result *r, int line)
{
	buf_printf(out, "  %.*s at account %lld: %.*s",
	    STR_ARG(db_get_text(r, line, GROUP_NAME)),
	    (long long)db_get_int(r, line, GROUP_ACCOUNT),
	    STR_ARG(db_get_text(r, line, GROUP_STATE)));
	if (db_get_int(r, line, GROUP_ALLOWED) > 0)
		buf_printf(out, ", %lld of %lld at once",
		    (long long)db_get_int(r, line, GROUP_UNDER_WAY),
		    (long long)db_get_int(r, line, GROUP_ALLOWED));
	add_trouble(out, db_get_text(r, line, GROUP_WHY),
	    db_get_int(r, line, GROUP_FOR_S));
}

typedef void add_fn(struct buf *out, const struct db_result *r, int line);

/* A statement's rows as lines; how many there were, -1 when it failed. */
static int
add_rows(struct buf *out, struct db *db, enum query q, int64_t campaign,
    add_fn *add)
{
	struct db_result r;
	struct err err;
	int line, rows;

	if (!db_run(db, q, DB_ARGS(db_int_or_null(campaign, campaign > 0)), &r,
		&err)) {
		fprintf(stderr, "volley status: %s\n", err.text);
		return -1;
	}
	rows = db_rows(&r);
	for (line = 0; line < rows; line++)
		add(out, &r, line);
	db_result_free(&r);
	return rows;
}

/* Names and reasons are other people's words: a terminal does not obey
 * them.  Controls beyond ASCII hide in two bytes each. */
static void
blot_controls(struct buf *out)
{
	unsigned char *p = (unsigned char *)out->p;
	size_t i;

	for (i = 0; i < out->n; i++) {
		if ((p[i] < 0x20 && p[i] != '\n') || p[i] == 0x7f)
			p[i] = '?';
		if (p[i] == 0xc2 && i + 1 < out->n && p[i + 1] < 0xa0)
			p[i] = p[i + 1] = '?';
	}
}

static bool
show(struct db *db, const struct wish *wish)
{
	struct buf out;
	int campaigns;
	bool ok;

	buf_init(&out, 16U << 20);
	campaigns = add_rows(&out, db, Q_STATUS_CAMPAIGNS, wish->campaign,
	    add_campaign);
	ok =
	    campaigns >= 0 &&
	    add_rows(&out, db, Q_STATUS_ACCOUNTS, wish->campaign,
		add_account) >= 0 &&
	    add_rows(&out, db, Q_STATUS_GROUPS, wish->campaign, add_group) >= 0;
	if (campaigns == 0 && wish->campaign > 0) {
		fprintf(stderr, "volley status: there is no campaign %lld\n",
		    (long long)wish->campaign);
		ok = false;
	} else if (campaigns == 0) {
		buf_puts(&out, "no campaign is under way\n");
	}
	blot_controls(&out);
	if (ok && wish->watch)
		fputs("\033[H\033[J", stdout);
	if (ok)
		fwrite(out.p, 1, out.n, stdout);
	fflush(stdout);
	buf_release(&out);
	return ok;
}

/* 0: do it; else the exit status and one more. */
static int
read_wish(struct wish *wish, int argc, char **argv)
{
	static const struct option options[] = {
	    {"watch", no_argument, NULL, 'w'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "wh", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return 1;
		}
		if (c != 'w') {
			fputs(usage, stderr);
			return 3;
		}
		wish->watch = true;
	}
	if (optind < argc &&
	    (!str_to_i64(str_of(argv[optind]), &wish->campaign) ||
		wish->campaign < 1)) {
		fprintf(stderr, "volley status: %s is no campaign's number\n",
		    argv[optind]);
		return 3;
	}
	if (optind + 1 < argc) {
		fputs(usage, stderr);
		return 3;
	}
	return 0;
}

int
status_main(int argc, char **argv, const struct settings *settings)
{
	char conninfo[DATABASE_CONNINFO_MAX];
	struct wish wish = {0, false};
	int status = read_wish(&wish, argc, argv);
	struct db *db;
	struct err err;
	bool ok;

	if (status != 0)
		return status - 1;
	if (!database_conninfo(settings, conninfo, &err) ||
	    !db_open(&db, conninfo, DB_PREPARED, &err)) {
		fprintf(stderr, "volley status: %s\n", err.text);
		return 1;
	}
	process_catch_stop();
	do {
		ok = show(db, &wish);
		if (ok && wish.watch)
			process_nap(WATCH_MS);
	} while (ok && wish.watch && !process_stopping());
	db_close(db);
	return ok ? 0 : 1;
}
