/*
 * Goal: raw mail in, right rows out.  Each case is a message as it lies in a
 * mailbox; what must come of it is read back from a real database: its
 * class, the event, the suppression.  Forged and repeated mail changes
 * nothing.
 */
#include "bounce/batch.h"
#include "bounce/mime_walk.h"
#include "lib/mail/token.h"
#include "tests/support/pg.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DAY_US      (24LL * 3600 * 1000000)
#define TODAY       20000
#define DELIVERY    ((7LL << 32) | 1)
#define MESSAGE_MAX 8192

static struct keyring ring;
static char token[TOKEN_LEN + 1], old_token[TOKEN_LEN + 1],
    strange_token[TOKEN_LEN + 1];

/* $TOKEN etc. in a case's text are replaced. */
struct inbound_case {
	const char *label;
	const char *mail;
	const char *class, *attribution, *event, *type, *category;
	bool suppressed;
};

#define DSN(to, final, action, status, diagnostic, returned_id)          \
	"Return-Path: <>\n"                                              \
	"Delivered-To: " to "\n"                                         \
	"From: MAILER-DAEMON@mx.example.test\n"                          \
	"To: " to "\n"                                                   \
	"Subject: Undelivered Mail Returned to Sender\n"                 \
	"Auto-Submitted: auto-replied\n"                                 \
	"MIME-Version: 1.0\n"                                            \
	"Content-Type: multipart/report; report-type=delivery-status;\n" \
	" boundary=\"b\"\n"                                              \
	"\n--b\nContent-Type: text/plain\n\nSorry.\n"                    \
	"--b\nContent-Type: message/delivery-status\n\n"                 \
	"Reporting-MTA: dns; mx.example.test\n\n"                        \
	"Final-Recipient: rfc822; " final "\n"                           \
	"Action: " action "\nStatus: " status "\n"                       \
	"Diagnostic-Code: smtp; " diagnostic "\n"                        \
	"\n--b\nContent-Type: text/rfc822-headers\n\n"                   \
	"From: news@example.test\nMessage-ID: <" returned_id ">\n"       \
	"Subject: hello\n\n--b--\n"

#define HUMAN(to, headers)                                               \
	"From: Ann <ann@example.test>\nTo: " to "\nSubject: Re: hello\n" \
	"Message-ID: <r1@example.test>\n" headers "\nYes please.\n"

static const struct inbound_case cases[] = {
    {"unknown user, by return path",
	DSN("bounces+$TOKEN@example.test", "ann@example.test", "failed",
	    "5.1.1", "550 5.1.1 no such user", "x@example.test"),
	"bounce", "token", "bounce", "hard", "invalid", true},
    {"mailbox full",
	DSN("bounces+$TOKEN@example.test", "ann@example.test", "failed",
	    "5.2.2", "552 5.2.2 mailbox is full", "x@example.test"),
	"bounce", "token", "bounce", "soft", "full", false},
    {"refused as spam",
	DSN("bounces+$TOKEN@example.test", "ann@example.test", "failed",
	    "5.7.1", "554 5.7.1 message rejected as spam", "x@example.test"),
	"bounce", "token", "bounce", "block", NULL, false},
    {"delayed is no bounce",
	DSN("bounces+$TOKEN@example.test", "ann@example.test", "delayed",
	    "4.4.1", "connection timed out", "x@example.test"),
	"delay", "token", "delay", NULL, NULL, false},
    {"by Message-ID and recipient",
	DSN("bounces@example.test", "Ann@Example.test", "failed", "5.1.1",
	    "550 5.1.1 no such user", "$TOKEN@example.test"),
	"bounce", "message_id", "bounce", "hard", "invalid", true},
    {"by Message-ID, another recipient",
	DSN("bounces@example.test", "bob@example.test", "failed", "5.1.1",
	    "550 5.1.1 no such user", "$TOKEN@example.test"),
	"bounce", NULL, NULL, NULL, NULL, false},
    {"address alone",
	DSN("bounces@example.test", "ann@example.test", "failed", "5.1.1",
	    "550 5.1.1 no such user", "x@example.test"),
	"bounce", NULL, NULL, NULL, NULL, false},
    {"token of another installation",
	DSN("bounces+$STRANGE@example.test", "ann@example.test", "failed",
	    "5.1.1", "550 5.1.1 no such user", "x@example.test"),
	"bounce", NULL, NULL, NULL, NULL, false},
    {"too late",
	DSN("bounces+$OLD@example.test", "ann@example.test", "failed", "5.1.1",
	    "550 5.1.1 no such user", "x@example.test"),
	"bounce", "token", NULL, NULL, NULL, false},
    {"reply of a person",
	HUMAN("news@example.test", "In-Reply-To: <$TOKEN@example.test>\n"),
	"reply", "thread", "reply", NULL, NULL, false},
    {"reply by References only",
	HUMAN("news@example.test",
	    "References: <a@b.test>\n <$TOKEN@example.test>\n"),
	"reply", "thread", "reply", NULL, NULL, false},
    {"reply by reply address", HUMAN("news+$TOKEN@example.test", ""), "reply",
	"token", "reply", NULL, NULL, false},
    {"Auto-Submitted",
	HUMAN("news@example.test", "In-Reply-To: <$TOKEN@example.test>\n"
				   "Auto-Submitted: auto-replied\n"),
	"auto_reply", "thread", "auto_reply", NULL, NULL, false},
    {"Auto-Submitted: no is a person",
	HUMAN("news@example.test",
	    "In-Reply-To: <$TOKEN@example.test>\nAuto-Submitted: no\n"),
	"reply", "thread", "reply", NULL, NULL, false},
    {"X-Auto-Response-Suppress is a person's too",
	HUMAN("news@example.test", "In-Reply-To: <$TOKEN@example.test>\n"
				   "X-Auto-Response-Suppress: All\n"),
	"reply", "thread", "reply", NULL, NULL, false},
    {"mail of somebody else", HUMAN("news@example.test", ""), "other", NULL,
	NULL, NULL, NULL, false},
    {"complaint",
	"From: fbl@provider.test\nTo: bounces+$TOKEN@example.test\n"
	"MIME-Version: 1.0\n"
	"Content-Type: multipart/report; report-type=feedback-report;\n"
	" boundary=b\n\n--b\nContent-Type: text/plain\n\nSpam.\n"
	"--b\nContent-Type: message/feedback-report\n\n"
	"Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n\n"
	"--b\nContent-Type: message/rfc822\n\nFrom: news@example.test\n"
	"Message-ID: <$TOKEN@example.test>\n\nhello\n--b--\n",
	"complaint", "token", "complaint", NULL, NULL, true},
    {"not a mail at all", "\001\002\003", "other", NULL, NULL, NULL, NULL,
	false},
};

static const char *
expand(const char *text)
{
	static char out[MESSAGE_MAX];
	static const struct {
		const char *mark;
		const char *value;
	} marks[] = {{"$TOKEN", token}, {"$OLD", old_token},
	    {"$STRANGE", strange_token}};
	size_t n = 0, i;

	while (*text != '\0') {
		for (i = 0; i < ARRAY_LEN(marks); i++)
			if (str_starts(str_of(text), str_of(marks[i].mark)))
				break;
		if (i == ARRAY_LEN(marks)) {
			out[n++] = *text++;
			continue;
		}
		memcpy(out + n, marks[i].value, TOKEN_LEN);
		n += TOKEN_LEN;
		text += strlen(marks[i].mark);
	}
	out[n] = '\0';
	return out;
}

static void
on_recorded(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	(void)results;
	(void)count;
	if (err != NULL)
		fail_msg("%s", err->text);
	loop_stop(arg);
}

/* One message, as a link hands it over: the header, then the whole. */
static void
deliver(const char *conninfo, const char *mail, uint32_t uid)
{
	struct batch_source source = {1, "INBOX", 5};
	struct loop *loop = loop_new();
	struct db_link *db = db_link_new(loop, conninfo);
	struct batch *b = batch_new(&ring);
	struct db_batch *out = db_batch_new(db);
	struct str all = str_of(mail);
	size_t end = str_find(all, STR("\n\n"));
	struct imap_message m = {.uid = uid, .size = all.n};

	m.bytes = end == STR_NOWHERE ? all : str_sub(all, 0, end + 2);
	batch_header(b, &m);
	m.bytes = all;
	m.is_body = true;
	batch_body(b, &m);
	batch_judge(b, &source, TODAY * DAY_US);
	batch_add_to(b, &source, out);
	db_batch_send(out, on_recorded, loop);
	loop_run(loop);
	batch_free(b);
	db_link_free(db);
	loop_free(loop);
}

static const char *
set_up(void)
{
	const char *conninfo = pg_migrated();
	struct err err = {FAIL_NONE, ""};
	struct db *db;

	assert_true(db_open(&db, conninfo, DB_PREPARED, &err));
	pg_sql(db,
	    "insert into mailbox (id, name, host, port, tls, username) "
	    "values (1, 'm', 'localhost', 993, 'implicit', 'u');"
	    "insert into contact (id, email, email_key) "
	    "values (3, 'Ann@example.test', 'ann@example.test');"
	    "insert into delivery values (%lld, 7, 3, 9)",
	    DELIVERY);
	db_close(db);
	return conninfo;
}

static void
check_value(const char *conninfo, const char *label, const char *sql,
    const char *want)
{
	const char *got = pg_value(conninfo, sql);

	if (strcmp(got, want != NULL ? want : "") != 0)
		fail_msg("%s: %s: '%s', not '%s'", label, sql, got,
		    want != NULL ? want : "");
}

static void
check_case(const struct inbound_case *c)
{
	const char *conninfo = set_up();
	const char *mail = expand(c->mail);

	deliver(conninfo, mail, 1);
	deliver(conninfo, mail, 2); /* the same again changes nothing */
	check_value(conninfo, c->label, "select count(*) from inbound", "1");
	check_value(conninfo, c->label, "select class from inbound", c->class);
	check_value(conninfo, c->label, "select attribution from inbound",
	    c->attribution);
	check_value(conninfo, c->label,
	    "select string_agg(kind, ' ') from event", c->event);
	check_value(conninfo, c->label, "select type from event", c->type);
	if (c->category != NULL)
		check_value(conninfo, c->label, "select category from event",
		    c->category);
	check_value(conninfo, c->label, "select count(*) from suppression",
	    c->suppressed ? "1" : "0");
}

static void
test_cases(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

static void
test_one_bounce_a_delivery(void **state)
{
	const char *conninfo = set_up();
	char mail[MESSAGE_MAX];
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		snprintf(mail, sizeof(mail), "X-Copy: %d\n%s", i,
		    expand(cases[0].mail));
		deliver(conninfo, mail, (uint32_t)i + 1);
	}
	check_value(conninfo, "replayed", "select count(*) from inbound", "20");
	check_value(conninfo, "replayed", "select count(*) from event", "1");
	check_value(conninfo, "replayed", "select count(*) from suppression",
	    "1");
}

static void
test_raw_is_kept_sealed(void **state)
{
	const char *conninfo = set_up();

	(void)state;
	deliver(conninfo, expand(cases[0].mail), 1);
	check_value(conninfo, "raw",
	    "select (raw_until > now() + interval '29 days')::text from "
	    "inbound",
	    "true");
	check_value(conninfo, "raw",
	    "select position('no such user'::bytea in raw)::text from inbound",
	    "0");
}

static int
start(void **state)
{
	struct token today = {DELIVERY, TODAY}, old = {DELIVERY, TODAY - 40};
	struct err err = {FAIL_NONE, ""};
	struct keyring other;

	if (!keyring_load(&ring, scratch_path(*state, "key"), &err) ||
	    !keyring_load(&other, scratch_path(*state, "other"), &err))
		die("%s", err.text);
	token_make(token, &ring, &today);
	token_make(old_token, &ring, &old);
	token_make(strange_token, &other, &today);
	mime_walk_start();
	return 0;
}

static int
group_setup(void **state)
{
	return scratch_setup(state) != 0 ? -1 : start(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_one_bounce_a_delivery),
	    cmocka_unit_test(test_raw_is_kept_sealed),
	};

	return cmocka_run_group_tests(tests, group_setup, scratch_teardown);
}
