/*
 * Goal: a mail belongs to the delivery whose token it carries, the most
 * telling place first, and to none without a token of ours.
 */
#include "bounce/attribute.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TODAY    20000
#define TOKENS   4
#define CAMPAIGN (INT64_C(7) << 32)

static struct keyring ring = {.count = 1, .keys = {{.id = 1, .token = "k"}}};
static char tokens[TOKENS + 1][TOKEN_LEN + 1]; /* of deliveries 1.. */
static char forged[TOKEN_LEN + 1], self_test[TOKEN_LEN + 1];

static void
make_tokens(void)
{
	static const struct keyring other = {.count = 1,
	    .keys = {{.id = 1, .token = "o"}}};
	struct token t = {.day = TODAY};

	int i;

	for (i = 1; i <= TOKENS; i++) {
		t.delivery = CAMPAIGN + i;
		token_make(tokens[i], &ring, &t);
	}
	t.delivery = CAMPAIGN + 1;
	token_make(forged, &other, &t);
	t.delivery = 1; /* a task's number */
	token_make(self_test, &ring, &t);
}

/* "%1" stands for the token of delivery 1, "%f" for a forged one, "%s" for
 * that of a self-test. */
static void
fill(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text != '%')
			buf_char(out, *text);
		else if (*++text == 'f')
			buf_puts(out, forged);
		else if (*text == 's')
			buf_puts(out, self_test);
		else
			buf_puts(out, tokens[*text - '0']);
	}
}

static const struct {
	const char *label, *raw, *method;
	int64_t delivery;
} rows[] = {
    {"reply address", "To: news+%1@example.com\n\n", "token", 1},
    {"return path", "Delivered-To: Bounces+%1@example.com\n\n", "token", 1},
    {"subject", "Subject: unsubscribe %1\n\n", "token", 1},
    {"address before thread",
	"In-Reply-To: <%2@example.com>\nTo: <news+%1@example.com>\n\n", "token",
	1},
    {"answered", "In-Reply-To: <%2@example.com>\n\n", "thread", 2},
    {"answered before thread",
	"References: <%1@example.com>\nIn-Reply-To: <%2@example.com>\n\n",
	"thread", 2},
    {"last of thread",
	"References: <%1@example.com> <x@y.test>\n <%3@example.com> "
	"<z@y.test>\n\n",
	"thread", 3},
    {"link that is quoted",
	"Subject: Re: News\n\nYes.\n\n> https://m.example.com/u/%4 Off\n",
	"thread", 4},
    {"thread before link",
	"In-Reply-To: <%2@example.com>\n\n> https://m.example.com/u/%4\n",
	"thread", 2},
    {"returned mail",
	"Content-Type: message/rfc822\n\nMessage-ID: <%1@example.com>\n\na\n",
	"message_id", 1},
    {"return path of returned mail",
	"Content-Type: text/rfc822-headers\n\n"
	"Return-Path: <bounces+%1@example.com>\n",
	"message_id", 1},
    {"link of returned mail",
	"Content-Type: text/rfc822-headers\n\n"
	"List-Unsubscribe: <https://m.example.com/u/%1>,\n"
	" <mailto:news+%1@example.com?subject=unsubscribe>\n",
	"message_id", 1},
    {"complaint",
	"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
	"Original-Mail-From: <bounces+%1@example.com>\n",
	"message_id", 1},
    {"complaint as text",
	"Subject: a\n\nFeedback-Type: abuse\nVersion: 1\n"
	"Original-Message-ID: <%1@example.com>\n",
	"message_id", 1},
    {"receipt",
	"Content-Type: message/disposition-notification\n\n"
	"Original-Message-ID: <%1@example.com>\n",
	"message_id", 1},
    {"forged", "To: news+%f@example.com\nIn-Reply-To: <%f@example.com>\n\n%f\n",
	NULL, 0},
    {"forged before true",
	"To: news+%f@example.com\nIn-Reply-To: <%2@example.com>\n\n", "thread",
	2},
    {"from whom it comes", "From: <ann+%1@example.com>\n\n", NULL, 0},
    {"nothing", "Subject: a\n\nb\n", NULL, 0},
    {"empty", "", NULL, 0},
};

/* What is ours itself. */
static const struct {
	const char *label, *raw, *method, *own;
} own_rows[] = {
    {"sent back", "To: bounces+%1@example.com\nMessage-ID: <%1@a.test>\n\n",
	"token", "own-message"},
    {"passed on", "Message-ID: <%1@a.test>\n\n", NULL, "own-message"},
    {"a relay named it anew",
	"Message-ID: <a@a.test>\n"
	"List-Unsubscribe: <https://m.example.com/u/%1>\n\n",
	NULL, "own-message"},
    {"of another installation", "Message-ID: <%f@a.test>\n\n", NULL, NULL},
    {"an answer", "In-Reply-To: <%1@a.test>\n\n", "thread", NULL},
    {"self-test", "Subject: Self-test %s\n\n", NULL, "self-test"},
    {"self-test that nobody changed",
	"Subject: Self-test %s\nMessage-ID: <%s@a.test>\n\n", NULL,
	"self-test"},
    {"answer to a self-test", "In-Reply-To: <%s@a.test>\n\n", NULL,
	"self-test"},
};

static void
check(const struct attribution *a, const char *label, const char *method,
    int64_t delivery)
{
	const char *got = attribution_name(a->method);

	if (a->delivery != (delivery != 0 ? CAMPAIGN + delivery : 0) ||
	    (got == NULL) != (method == NULL) ||
	    (got != NULL && strcmp(got, method) != 0))
		fail_msg("%s: %lld by %s", label, (long long)a->delivery,
		    got != NULL ? got : "nothing");
}

static struct attribution
attributed(const char *text)
{
	struct inbound_mail m;
	struct attribution a;
	struct buf raw;

	buf_init(&raw, 4096);
	fill(&raw, text);
	mime_walk(&m, buf_view(&raw));
	attribute(&a, &m, &ring, TODAY);
	inbound_mail_release(&m);
	buf_release(&raw);
	return a;
}

static void
test_places(void **state)
{
	struct attribution a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		a = attributed(rows[i].raw);
		check(&a, rows[i].label, rows[i].method, rows[i].delivery);
		assert_false(a.late);
	}
}

static void
test_own(void **state)
{
	struct attribution a;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(own_rows); i++) {
		a = attributed(own_rows[i].raw);
		check(&a, own_rows[i].label, own_rows[i].method,
		    own_rows[i].method != NULL);
		if (strcmp(a.own != NULL ? a.own : "",
			own_rows[i].own != NULL ? own_rows[i].own : "") != 0)
			fail_msg("%s: %s", own_rows[i].label, a.own);
	}
}

static void
test_late(void **state)
{
	struct inbound_mail m;
	struct attribution a;
	struct buf raw;

	(void)state;
	buf_init(&raw, 4096);
	fill(&raw, "To: news+%1@example.com\n\n");
	mime_walk(&m, buf_view(&raw));
	attribute(&a, &m, &ring, TODAY + ATTRIBUTION_DAYS_MAX);
	assert_false(a.late);
	attribute(&a, &m, &ring, TODAY + ATTRIBUTION_DAYS_MAX + 1);
	assert_true(a.late);
	assert_int_equal(a.delivery, CAMPAIGN + 1);
	inbound_mail_release(&m);
	buf_release(&raw);
}

static bool
may_be(const char *header)
{
	struct buf b;
	bool may;

	buf_init(&b, 4096);
	fill(&b, header);
	may = attribute_may_be_ours(buf_view(&b), &ring);
	buf_release(&b);
	return may;
}

static void
test_may_be_ours(void **state)
{
	(void)state;
	assert_true(may_be(""));
	assert_true(may_be("To: news+%1@example.com\n"));
	assert_true(may_be("Subject: unsubscribe %1\n"));
	assert_true(may_be("References: <%1@example.com>\n"));
	assert_true(may_be("Content-Type: multipart/report; boundary=b\n"));
	assert_true(may_be("From: Mailer-Daemon@example.test\n"));
	assert_true(may_be("From: staff@hotmail.com\n"));
	assert_false(may_be("From: ann@example.test\nSubject: Lunch?\n"));
	assert_false(may_be("From: ann@example.test\n"
			    "References: <%f@example.com>\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_own),
	    cmocka_unit_test(test_late),
	    cmocka_unit_test(test_may_be_ours),
	};

	mime_walk_start();
	make_tokens();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
