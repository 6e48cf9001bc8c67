/*
 * Goal: raw mail in, right rows out.  Each case is a message as it lies in a
 * mailbox; what must come of it is read back from a real database: its
 * class, the event, the suppression.  Forged and repeated mail changes
 * nothing (R-080, R-081).
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
    {"by a token in In-Reply-To, another recipient",
	"In-Reply-To: <$TOKEN@example.test>\n" DSN("bounces@example.test",
	    "bob@example.test", "failed", "5.1.1", "550 5.1.1 no such user",
	    "x@example.test"),
	"bounce", NULL, NULL, NULL, NULL, false},
    {"by a token in In-Reply-To, and recipient",
	"In-Reply-To: <$TOKEN@example.test>\n" DSN("bounces@example.test",
	    "ann@example.test", "failed", "5.1.1", "550 5.1.1 no such user",
	    "x@example.test"),
	"bounce", "thread", "bounce", "hard", "invalid", true},
    {"return path in X-Original-To, Delivered-To is the mailbox",
	"X-Original-To: bounces+$TOKEN@example.test\n" DSN(
	    "bounces@example.test", "ann@example.test", "failed", "5.1.1",
	    "550 5.1.1 no such user", "x@example.test"),
	"bounce", "token", "bounce", "hard", "invalid", true},
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
    {"complaint, attributed by its own field",
	"From: fbl@provider.test\nTo: abuse@example.test\n"
	"MIME-Version: 1.0\n"
	"Content-Type: multipart/report; report-type=feedback-report;\n"
	" boundary=b\n\n--b\nContent-Type: text/plain\n\nSpam.\n"
	"--b\nContent-Type: message/feedback-report\n\n"
	"Feedback-Type: abuse\n"
	"Original-Mail-From: <bounces+$TOKEN@example.test>\n\n--b--\n",
	"complaint", "message_id", "complaint", NULL, NULL, true},
    {"complaint that knows no more than a thread",
	"From: fbl@provider.test\nTo: abuse@example.test\n"
	"In-Reply-To: <$TOKEN@example.test>\nMIME-Version: 1.0\n"
	"Content-Type: multipart/report; report-type=feedback-report;\n"
	" boundary=b\n\n--b\nContent-Type: text/plain\n\nSpam.\n"
	"--b\nContent-Type: message/feedback-report\n\n"
	"Feedback-Type: abuse\n\n--b--\n",
	"complaint", NULL, NULL, NULL, NULL, false},
    {"no spam after all is no reply",
	"From: fbl@provider.test\nTo: bounces+$TOKEN@example.test\n"
	"MIME-Version: 1.0\n"
	"Content-Type: multipart/report; report-type=feedback-report;\n"
	" boundary=b\n\n--b\nContent-Type: text/plain\n\nFine.\n"
	"--b\nContent-Type: message/feedback-report\n\n"
	"Feedback-Type: not-spam\n\n--b--\n",
	"other", "token", NULL, NULL, NULL, false},
    {"read receipt",
	"From: ann@example.test\nTo: news@example.test\nMIME-Version: 1.0\n"
	"Content-Type: multipart/report;\n"
	" report-type=disposition-notification; boundary=b\n\n"
	"--b\nContent-Type: text/plain\n\nRead.\n"
	"--b\nContent-Type: message/disposition-notification\n\n"
	"Final-Recipient: rfc822; ann@example.test\n"
	"Original-Message-ID: <$TOKEN@example.test>\n"
	"Disposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n",
	"mdn", "message_id", "read_receipt", NULL, NULL, false},
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
    {"report that has no recipient",
	"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.test\n"
	"To: bounces+$TOKEN@example.test\nMIME-Version: 1.0\n"
	"Content-Type: multipart/report; report-type=delivery-status;\n"
	" boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
	"Reporting-MTA: dns; mx.example.test\n\n--b--\n",
	"unparsed", "token", NULL, NULL, NULL, false},
    {"mailer that does not report as it should",
	"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.test\n"
	"To: bounces+$TOKEN@example.test\nSubject: failure notice\n\n"
	"Sorry, no mailbox here by that name.\n",
	"unparsed", "token", NULL, NULL, NULL, false},
    {"not a mail at all", "\001\002\003", "unparsed", NULL, NULL, NULL, NULL,
	false},
    {"our own mail, sent back to its return path",
	"To: ann@example.test\nDelivered-To: bounces+$TOKEN@example.test\n"
	"Message-ID: <$TOKEN@example.test>\nSubject: Out of office: us\n\n"
	"Our office is closed.\n",
	"other", "token", NULL, NULL, NULL, false},
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

struct delivered {
	const char *mail;
	int64_t internal_us;
};

static void
hand_over(struct batch *b, const struct delivered *d, uint32_t uid)
{
	struct str all = str_of(d->mail);
	size_t end = str_find(all, STR("\n\n"));
	struct mail_message m = {.uid = uid,
	    .size = all.n,
	    .internal_us = d->internal_us};

	m.bytes = end == STR_NOWHERE ? all : str_sub(all, 0, end + 2);
	batch_header(b, &m);
	m.bytes = all;
	m.is_body = true;
	batch_body(b, &m);
}

/* Messages of one batch, as a link hands them over: the header, then the
 * whole. */
static void
deliver_all(const char *conninfo, const struct delivered *at, uint32_t count,
    uint32_t uid)
{
	struct batch_source source = {1, "INBOX", 5, NULL};
	struct loop *loop = loop_new();
	struct db_link *db = db_link_new(loop, conninfo);
	struct batch *b = batch_new(&ring);
	struct db_batch *out = db_batch_new(db);
	uint32_t i;

	for (i = 0; i < count; i++)
		hand_over(b, &at[i], uid + i);
	batch_judge(b, &source, TODAY * DAY_US);
	batch_add_to(b, &source, out);
	db_batch_send(out, on_recorded, loop);
	loop_run(loop);
	batch_free(b);
	db_link_free(db);
	loop_free(loop);
}

static void
deliver(const char *conninfo, const char *mail, uint32_t uid)
{
	deliver_all(conninfo, &(struct delivered){mail, 0}, 1, uid);
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

/* Two about one delivery, one of them twice, all in one statement. */
static void
test_one_bounce_a_batch(void **state)
{
	const char *conninfo = set_up();
	char soft[MESSAGE_MAX], hard[MESSAGE_MAX];
	struct delivered mails[] = {{hard, 0}, {hard, 0}, {soft, 0}};

	(void)state;
	snprintf(hard, sizeof(hard), "%s", expand(cases[0].mail));
	snprintf(soft, sizeof(soft), "%s", expand(cases[1].mail));
	deliver_all(conninfo, mails, 3, 1);
	check_value(conninfo, "batch", "select count(*) from inbound", "2");
	check_value(conninfo, "batch",
	    "select string_agg(type::text, ' ') from event", "hard");
	check_value(conninfo, "batch",
	    "select evidence->>'status' from suppression", "5.1.1");
}

/* Reports that differ in nothing but what they report (R-009). */
static void
test_same_header_and_size(void **state)
{
	const char *conninfo = set_up();
	char first[MESSAGE_MAX], second[MESSAGE_MAX], *at;
	struct delivered mails[] = {{first, 0}, {second, 0}};

	(void)state;
	snprintf(first, sizeof(first), "%s", expand(cases[0].mail));
	snprintf(second, sizeof(second), "%s", first);
	at = strstr(second, "rfc822; ann");
	assert_non_null(at);
	memcpy(at, "rfc822; bob", 11);
	deliver_all(conninfo, mails, 2, 1);
	check_value(conninfo, "collision", "select count(*) from inbound", "2");
}

static void
test_every_reply_counts(void **state)
{
	static const char reply[] =
	    HUMAN("news@example.test", "In-Reply-To: <$TOKEN@example.test>\n");
	const char *conninfo = set_up();
	char other[MESSAGE_MAX], *at;

	(void)state;
	deliver(conninfo, expand(reply), 1);
	snprintf(other, sizeof(other), "X-Box: another\n%s", expand(reply));
	deliver(conninfo, other, 2); /* a copy of it */
	check_value(conninfo, "copy", "select count(*) from event", "1");
	at = strstr(other, "<r1@");
	assert_non_null(at);
	memcpy(at, "<r2@", 4);
	deliver(conninfo, other, 3);
	check_value(conninfo, "second", "select count(*) from event", "2");
}

/* A report that came in time but was read late is in time. */
static void
test_age_is_that_of_the_arrival(void **state)
{
	const char *conninfo = set_up();
	char mail[MESSAGE_MAX];
	struct delivered late = {mail, (TODAY - 5) * DAY_US};
	struct delivered in_time = {mail, (TODAY - 12) * DAY_US};

	(void)state;
	snprintf(mail, sizeof(mail), "X-Copy: 1\n%s",
	    expand(DSN("bounces+$OLD@example.test", "ann@example.test",
		"failed", "5.1.1", "550 5.1.1 no such user", "x@y.test")));
	deliver_all(conninfo, &late, 1, 1);
	check_value(conninfo, "late", "select count(*) from event", "0");
	check_value(conninfo, "late", "select details->>'late' from inbound",
	    "true");
	mail[8] = '2';
	deliver_all(conninfo, &in_time, 1, 2);
	check_value(conninfo, "in time", "select count(*) from event", "1");
}

static void
test_text_of_a_reply(void **state)
{
	const char *conninfo = set_up();

	(void)state;
	deliver(conninfo,
	    expand(HUMAN("news@example.test",
		"In-Reply-To: <$TOKEN@example.test>\n") "\nOn 3 May, News "
							"wrote:\n> Hi.\n"),
	    1);
	check_value(conninfo, "reply", "select details->>'text' from inbound",
	    "Yes please.");
}

static struct mail_message
header_of(uint32_t uid, uint64_t size)
{
	return (struct mail_message){.uid = uid,
	    .size = size,
	    .bytes = STR("Content-Type: multipart/report\n\n")};
}

/* A server that sends one message twice does not push another out. */
static void
test_header_sent_twice(void **state)
{
	struct batch *b = batch_new(&ring);
	struct mail_message m;
	uint32_t uid;

	(void)state;
	for (uid = BATCH_MESSAGES_MAX; uid > 0; uid--) {
		m = header_of(uid, 100);
		batch_header(b, &m);
		batch_header(b, &m);
	}
	assert_int_equal(batch_count(b), BATCH_MESSAGES_MAX);
	batch_free(b);
}

static void
test_large_bodies_wait(void **state)
{
	struct batch *b = batch_new(&ring);
	struct mail_message m;
	struct imap_set uids;
	uint32_t uid;

	(void)state;
	imap_set_init(&uids);
	for (uid = BATCH_MESSAGES_MAX; uid > 0; uid--) {
		m = header_of(uid, 1U << 30);
		batch_header(b, &m);
	}
	assert_int_equal(batch_trim(b, false),
	    BATCH_BODIES_MAX / MAIL_PART_MAX);
	assert_true(batch_wants(b, &uids));
	assert_int_equal(imap_set_max(&uids), BATCH_BODIES_MAX / MAIL_PART_MAX);
	assert_int_equal(batch_trim(b, false), 0);
	batch_reset(b);
	assert_int_equal(batch_trim(b, false), 0);
	imap_set_release(&uids);
	batch_free(b);
}

static void
test_nothing_behind_a_large_one(void **state)
{
	struct batch *b = batch_new(&ring);
	struct mail_message m;
	uint32_t uid;

	(void)state;
	for (uid = 1; uid <= 3; uid++) {
		m = header_of(uid, uid == 2 ? 1U << 30 : 1000);
		batch_header(b, &m);
	}
	assert_int_equal(batch_trim(b, false), 0);
	assert_int_equal(batch_trim(b, true), 2);
	assert_int_equal(batch_trim(b, true), 0);
	batch_free(b);
}

/* What cannot be fetched is recorded, and so is a report without its body. */
static void
test_unreadable(void **state)
{
	const char *conninfo = set_up();
	struct batch_source source = {1, "INBOX", 5, NULL};
	struct loop *loop = loop_new();
	struct db_link *db = db_link_new(loop, conninfo);
	struct batch *b = batch_new(&ring);
	struct db_batch *out = db_batch_new(db);
	struct mail_message m = header_of(3, 100);

	(void)state;
	batch_unreadable(b, 1);
	batch_unreadable(b, 2);
	assert_true(batch_is_bare(b));
	batch_header(b, &m);
	assert_false(batch_is_bare(b));
	batch_judge(b, &source, TODAY * DAY_US);
	batch_add_to(b, &source, out);
	db_batch_send(out, on_recorded, loop);
	loop_run(loop);
	check_value(conninfo, "unreadable",
	    "select string_agg(uid || class || rule, ' ' order by uid) "
	    "from inbound",
	    "1unparsedunreadable 2unparsedunreadable "
	    "3unparsedbody-unreadable");
	batch_free(b);
	db_link_free(db);
	loop_free(loop);
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
	    cmocka_unit_test(test_one_bounce_a_batch),
	    cmocka_unit_test(test_same_header_and_size),
	    cmocka_unit_test(test_every_reply_counts),
	    cmocka_unit_test(test_age_is_that_of_the_arrival),
	    cmocka_unit_test(test_text_of_a_reply),
	    cmocka_unit_test(test_header_sent_twice),
	    cmocka_unit_test(test_large_bodies_wait),
	    cmocka_unit_test(test_nothing_behind_a_large_one),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_raw_is_kept_sealed),
	};

	return cmocka_run_group_tests(tests, group_setup, scratch_teardown);
}
