#include "bounce/bounce.h"

#include "bounce/mailbox.h"
#include "bounce/mailbox_test.h"
#include "bounce/mime_walk.h"
#include "bounce/reclassify.h"
#include "db/conninfo.h"
#include "db/migrate.h"
#include "db/oauth_token.h"
#include "lib/base/log.h"
#include "lib/base/process.h"

#include <signal.h>

#define MAILBOXES_MAX 500  /* that one poller holds */
#define HOLD_S        60   /* a mailbox is ours that long unrenewed */
#define CLAIM_MS      1000 /* look for mailboxes that nobody holds, */
#define CLAIM_MAX     25   /* and do not log in everywhere at once */
#define RENEW_MS      5000
#define PURGE_MS      3600000
#define PURGE_MAX     1000 /* messages a statement; more follow soon */
#define PURGE_SOON_MS 1000
#define STOP_MS       10000 /* a database that does not answer */
#define STOP_TOKEN_MS 30000 /* a token endpoint that does not */
#define STOP_LOOK_MS  50

struct poller {
	struct mailbox_shared shared;
	struct keyring ring;
	struct mailbox *mailboxes[MAILBOXES_MAX];
	int count;
	struct mailbox_tests *tests;
	struct reclassify *reclassify;
	struct oauth_token *left_tokens; /* something is under way still */
	struct loop_timer *claim, *renew, *purge, *stop, *leave;
	struct loop_signal *term, *interrupt;
	bool stopping;
};

static void
send_one(struct poller *p, enum query q, struct db_args args, db_batch_fn *fn)
{
	struct db_batch *b = db_batch_new(p->shared.db);

	db_batch_add(b, q, args);
	db_batch_send(b, fn, p);
}

static void
on_ignored(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	(void)arg;
	if (err != NULL)
		log_warn("database", "error=%s", log_quote(str_of(err->text)));
}

static void
release(struct poller *p, int64_t mailbox)
{
	send_one(p, Q_MAILBOX_RELEASE,
	    DB_ARGS(db_cstr(process_name()), db_int(mailbox)), on_ignored);
}

static int
find(const struct poller *p, int64_t mailbox)
{
	int i;

	for (i = 0; i < p->count; i++)
		if (mailbox_id(p->mailboxes[i]) == mailbox)
			return i;
	return -1;
}

static void
drop(struct poller *p, int at)
{
	mailbox_free(p->mailboxes[at]);
	p->mailboxes[at] = p->mailboxes[--p->count];
}

static void
on_over(struct mailbox *m, void *owner)
{
	struct poller *p = owner;

	drop(p, find(p, mailbox_id(m)));
}

/* A row that cannot be used at all: its owner has to look at it. */
static void
refuse_row(struct poller *p, struct mailbox_row *row, const struct err *err)
{
	log_error("mailbox_unusable", "mailbox=%lld error=%s",
	    (long long)row->id, log_quote(str_of(err->text)));
	send_one(p, Q_MAILBOX_PROBLEM,
	    DB_ARGS(db_int(row->id), db_int(row->version), db_cstr(err->text),
		db_cstr(process_name())),
	    on_ignored);
}

/* It may be one that we have: its lease ran out while the database was away,
 * and it is ours again. */
static void
take(struct poller *p, struct mailbox_row *row)
{
	int at = find(p, row->id);

	if (at >= 0 && mailbox_version(p->mailboxes[at]) == row->version)
		return;
	if (at >= 0)
		drop(p, at);
	p->mailboxes[p->count++] = mailbox_new(&p->shared, row);
}

static void
on_claimed(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct poller *p = arg;
	struct mailbox_row row;
	struct err bad = {FAIL_NONE, ""};
	int i;

	(void)count;
	if (p->stopping)
		return;
	loop_timer_start(p->claim, CLAIM_MS);
	if (err != NULL) {
		on_ignored(NULL, 0, err, p);
		return;
	}
	for (i = 0; i < db_rows(&results[0]); i++) {
		if (mailbox_claim_read(&row, &results[0], i, &p->ring, &bad))
			take(p, &row);
		else
			refuse_row(p, &row, &bad);
		mailbox_row_release(&row);
	}
}

static void
claim(void *arg)
{
	struct poller *p = arg;
	int room = MAILBOXES_MAX - p->count;

	mailbox_tests_poll(p->tests);
	reclassify_poll(p->reclassify);
	send_one(p, Q_MAILBOX_CLAIM,
	    DB_ARGS(db_cstr(process_name()), db_int(HOLD_S),
		db_int(room < CLAIM_MAX ? room : CLAIM_MAX)),
	    on_claimed);
}

static bool
is_in(const struct db_result *r, const struct mailbox *m)
{
	int i;

	for (i = 0; i < db_rows(r); i++)
		if (db_get_int(r, i, 0) == mailbox_id(m))
			return db_get_int(r, i, 1) == mailbox_version(m);
	return false;
}

/* What is no longer ours, or not to be read now, or was changed, is dropped;
 * a changed one is claimed again with its new settings.  What is ours though
 * we do not know of it - the answer to a claim was lost - is let go of. */
static void
compare(struct poller *p, const struct db_result *ours)
{
	int64_t id;
	int i;

	for (i = 0; i < db_rows(ours); i++) {
		id = db_get_int(ours, i, 0);
		if (find(p, id) < 0)
			release(p, id);
	}
	for (i = p->count; i > 0; i--) {
		if (is_in(ours, p->mailboxes[i - 1]))
			continue;
		release(p, mailbox_id(p->mailboxes[i - 1]));
		drop(p, i - 1);
	}
}

static void
on_renewed(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct poller *p = arg;

	(void)count;
	if (p->stopping)
		return;
	loop_timer_start(p->renew, RENEW_MS);
	if (err != NULL)
		on_ignored(NULL, 0, err, p);
	else
		compare(p, &results[0]);
}

static void
renew(void *arg)
{
	struct poller *p = arg;

	send_one(p, Q_MAILBOX_RENEW,
	    DB_ARGS(db_cstr(process_name()), db_int(HOLD_S)), on_renewed);
}

static void
on_purged(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct poller *p = arg;
	bool more = err == NULL && db_affected(&results[0]) == PURGE_MAX;

	on_ignored(results, count, err, p);
	if (!p->stopping)
		loop_timer_start(p->purge, more ? PURGE_SOON_MS : PURGE_MS);
}

static void
purge(void *arg)
{
	send_one(arg, Q_INBOUND_PURGE, DB_ARGS(db_int(PURGE_MAX)), on_purged);
}

/* A refresh token that came anew is to be stored first: nobody gets another. */
static void
leave(void *arg)
{
	struct poller *p = arg;

	if (p->left_tokens != NULL)
		loop_timer_start(p->leave, STOP_LOOK_MS);
	else
		loop_stop(p->shared.loop);
}

static void
on_released(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct poller *p = arg;

	on_ignored(results, count, err, p);
	leave(p);
}

static void
on_stop_late(void *arg)
{
	log_warn("stopped_late", "error=\"no answer in time\"");
	loop_stop(((struct poller *)arg)->shared.loop);
}

/* Batches under way are answered before the release is: the link answers in
 * order.  The database may be gone: it is not waited for long, and a second
 * signal does not wait at all. */
static void
on_stop(int signo, void *arg)
{
	struct poller *p = arg;

	(void)signo;
	if (p->stopping || !db_link_is_up(p->shared.db)) {
		loop_stop(p->shared.loop);
		return;
	}
	p->stopping = true;
	log_info("stopping", "mailboxes=%d", p->count);
	loop_timer_stop(p->claim);
	loop_timer_stop(p->renew);
	loop_timer_stop(p->purge);
	while (p->count > 0)
		mailbox_free(p->mailboxes[--p->count]);
	loop_timer_start(p->stop,
	    p->left_tokens != NULL ? STOP_TOKEN_MS : STOP_MS);
	send_one(p, Q_MAILBOX_RELEASE,
	    DB_ARGS(db_cstr(process_name()), db_int(0)), on_released);
}

static void
start(struct poller *p)
{
	struct loop *loop = p->shared.loop;

	p->tests = mailbox_tests_new(&p->shared);
	p->reclassify = reclassify_new(&p->shared);
	p->claim = loop_timer_new(loop, claim, p);
	p->renew = loop_timer_new(loop, renew, p);
	p->purge = loop_timer_new(loop, purge, p);
	p->stop = loop_timer_new(loop, on_stop_late, p);
	p->leave = loop_timer_new(loop, leave, p);
	p->term = loop_signal_new(loop, SIGTERM, on_stop, p);
	p->interrupt = loop_signal_new(loop, SIGINT, on_stop, p);
	loop_timer_start(p->claim, 0);
	loop_timer_start(p->renew, RENEW_MS);
	loop_timer_start(p->purge, 0);
}

static void
finish(struct poller *p)
{
	while (p->count > 0)
		mailbox_free(p->mailboxes[--p->count]);
	mailbox_tests_free(p->tests);
	reclassify_free(p->reclassify);
	loop_timer_free(p->claim);
	loop_timer_free(p->renew);
	loop_timer_free(p->purge);
	loop_timer_free(p->stop);
	loop_timer_free(p->leave);
	loop_signal_free(p->term);
	loop_signal_free(p->interrupt);
	db_link_free(p->shared.db);
	oauth_token_free_left(&p->left_tokens);
	loop_free(p->shared.loop);
	keyring_wipe(&p->ring);
}

static void
check_schema(const char *conninfo)
{
	struct err err = {FAIL_NONE, ""};
	struct db *db;

	if (!db_open(&db, conninfo, DB_PREPARED, &err) ||
	    !db_schema_check(db, &err))
		die("%s", err.text);
	db_close(db);
}

static int
run(const struct settings *settings)
{
	static struct poller p;
	char conninfo[DATABASE_CONNINFO_MAX];
	struct err err = {FAIL_NONE, ""};

	process_start("bounce", settings->log_level);
	if (!keyring_load(&p.ring, settings->key_file, &err) ||
	    !database_conninfo(settings, conninfo, &err))
		die("%s", err.text);
	check_schema(conninfo);
	mime_walk_start();
	p.shared.settings = settings;
	p.shared.ring = &p.ring;
	p.shared.on_over = on_over;
	p.shared.owner = &p;
	p.shared.left_tokens = &p.left_tokens;
	p.shared.loop = loop_new();
	p.shared.db = db_link_new(p.shared.loop, conninfo);
	start(&p);
	log_info("started", "holder=%s", process_name());
	loop_run(p.shared.loop);
	finish(&p);
	log_info("stopped", "holder=%s", process_name());
	return 0;
}

static int
usage(FILE *out)
{
	fprintf(out,
	    "usage: volley bounce [SETTINGS]\n\n"
	    "Reads the mailboxes of the database by IMAP or POP3: bounces, "
	    "complaints and\nreplies become events of the deliveries they "
	    "belong to.  Mail is only read; a\nmailbox may ask for reports "
	    "to be marked, moved or deleted once they are recorded.\nAny "
	    "number of pollers may run on one database.\n\nSettings:\n");
	settings_help(out);
	return out == stderr ? 2 : 0;
}

int
bounce_main(int argc, char **argv, const struct settings *settings)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	if (argc > 1) {
		fprintf(stderr, "volley: bounce takes no argument: %s\n",
		    argv[1]);
		return usage(stderr);
	}
	return run(settings);
}
