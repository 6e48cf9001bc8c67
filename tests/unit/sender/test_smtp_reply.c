/*
 * Goal: whatever a server sends, the reply parser yields a bounded, storable
 * reply or says why not (S-030, S-037).
 */
#include "lib/base/base.h"

#include "sender/smtp_reply.h"

#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct row {
	const char *label, *input;
	enum smtp_reply_progress want;
	int code;
	const char *status, *text;
};

static const struct row rows[] = {
    {"one line", "250 ok", SMTP_REPLY_DONE, 250, "", "ok"},
    {"bare code", "250", SMTP_REPLY_DONE, 250, "", ""},
    {"code and blank", "250 ", SMTP_REPLY_DONE, 250, "", ""},
    {"two lines", "250-mx\n250 PIPELINING", SMTP_REPLY_DONE, 250, "",
	"mx PIPELINING"},
    {"unfinished", "250-mx", SMTP_REPLY_MORE, 250, "", "mx"},
    {"empty first line", "250-\n250 b", SMTP_REPLY_DONE, 250, "", "b"},
    {"no code", "hello", SMTP_REPLY_BAD, 0, "", ""},
    {"short", "25", SMTP_REPLY_BAD, 0, "", ""},
    {"empty", "", SMTP_REPLY_BAD, 0, "", ""},
    {"code out of range", "650 what", SMTP_REPLY_BAD, 0, "", ""},
    {"code below", "150 what", SMTP_REPLY_BAD, 0, "", ""},
    {"no separator", "250ok", SMTP_REPLY_BAD, 0, "", ""},
    {"four digits", "2500 ok", SMTP_REPLY_BAD, 0, "", ""},
    {"blank before", " 250 ok", SMTP_REPLY_BAD, 0, "", ""},
    {"code changes", "250-mx\n550 no", SMTP_REPLY_BAD, 250, "", "mx"},
    {"unknown code", "299 fine", SMTP_REPLY_DONE, 299, "", "fine"},
    {"unknown second digit", "571 no", SMTP_REPLY_DONE, 571, "", "no"},
    {"control bytes", "250 a\tb\x01\x7f", SMTP_REPLY_DONE, 250, "", "a b??"},
    {"escape sequence", "250 \x1b[31mred", SMTP_REPLY_DONE, 250, "",
	"?[31mred"},
    {"utf-8", "550 r\xc3\xa9silience", SMTP_REPLY_DONE, 550, "",
	"r\xc3\xa9silience"},
    {"not utf-8", "550 r\xe9silience", SMTP_REPLY_DONE, 550, "", "r?silience"},
    {"c1 control",
	"550 a\xc2\x9b"
	"b",
	SMTP_REPLY_DONE, 550, "", "a?b"},
    {"no-break space stays",
	"550 a\xc2\xa0"
	"b",
	SMTP_REPLY_DONE, 550, "",
	"a\xc2\xa0"
	"b"},
    {"status", "550 5.1.1 no such user", SMTP_REPLY_DONE, 550, "5.1.1",
	"5.1.1 no such user"},
    {"status alone", "250 2.0.0", SMTP_REPLY_DONE, 250, "2.0.0", "2.0.0"},
    {"status on every line", "550-5.1.1 no such user, please\n550 5.1.1 check",
	SMTP_REPLY_DONE, 550, "5.1.1", "5.1.1 no such user, please check"},
    {"another status on the second line", "550-5.1.1 a\n550 5.7.1 b",
	SMTP_REPLY_DONE, 550, "5.1.1", "5.1.1 a 5.7.1 b"},
    {"status only on the second line", "550-a\n550 5.7.1 b", SMTP_REPLY_DONE,
	550, "", "a 5.7.1 b"},
    {"status of another class", "250 5.1.1 ok", SMTP_REPLY_DONE, 250, "",
	"5.1.1 ok"},
    {"4xx with 5.x.x", "450 5.7.1 later", SMTP_REPLY_DONE, 450, "",
	"5.7.1 later"},
    {"5xx with 4.x.x", "550 4.7.1 never", SMTP_REPLY_DONE, 550, "",
	"4.7.1 never"},
    {"large detail", "550 5.7.515 denied", SMTP_REPLY_DONE, 550, "5.7.515",
	"5.7.515 denied"},
    {"an address, not a status", "250 1.2.3.4 hello", SMTP_REPLY_DONE, 250, "",
	"1.2.3.4 hello"},
};

static enum smtp_reply_progress
feed_all(struct smtp_reply *r, const char *input, struct err *err)
{
	enum smtp_reply_progress p = SMTP_REPLY_MORE;
	struct str rest = str_of(input), line;

	smtp_reply_reset(r);
	if (rest.n == 0)
		return smtp_reply_feed(r, rest, err);
	while (p == SMTP_REPLY_MORE && str_cut(&rest, '\n', &line))
		p = smtp_reply_feed(r, line, err);
	return p;
}

static void
replies(void **state)
{
	char status[STATUS_TEXT_MAX];
	struct smtp_reply r;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];

		print_message("%s\n", row->label);
		assert_int_equal(feed_all(&r, row->input, &err), row->want);
		assert_int_equal(r.code, row->code);
		assert_string_equal(status_text(r.status, status), row->status);
		assert_string_equal(r.text, row->text);
		assert_int_equal(r.text_n, strlen(row->text));
	}
}

static void
line_limit(void **state)
{
	static const char code[] = {'2', '5', '0', '-'};
	static char line[SMTP_REPLY_LINE_MAX + 1];
	struct smtp_reply r;
	struct err err;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, code, sizeof(code));
	smtp_reply_reset(&r);
	assert_int_equal(
	    smtp_reply_feed(&r, (struct str){line, SMTP_REPLY_LINE_MAX}, &err),
	    SMTP_REPLY_MORE);
	assert_int_equal(r.text_n, SMTP_REPLY_TEXT_MAX);
	assert_int_equal(smtp_reply_feed(&r,
			     (struct str){line, SMTP_REPLY_LINE_MAX + 1}, &err),
	    SMTP_REPLY_BAD);
	assert_int_equal(err.kind, FAIL_LIMIT);
}

static void
reply_limit(void **state)
{
	enum smtp_reply_progress p = SMTP_REPLY_MORE;
	struct str line = STR("250-0123456789");
	struct smtp_reply r;
	struct err err;
	size_t lines = 0;

	(void)state;
	smtp_reply_reset(&r);
	while ((p = smtp_reply_feed(&r, line, &err)) == SMTP_REPLY_MORE)
		lines++;
	assert_int_equal(p, SMTP_REPLY_BAD);
	assert_int_equal(err.kind, FAIL_LIMIT);
	assert_int_equal(lines, SMTP_REPLY_MAX / line.n);
	assert_int_equal(r.text_n, SMTP_REPLY_TEXT_MAX);
}

/* The kept text ends between two characters wherever the limit falls. */
static void
cut_between_characters(void **state)
{
	struct smtp_reply r;
	struct buf line;
	struct err err;
	size_t pad, i;

	(void)state;
	buf_init(&line, SMTP_REPLY_LINE_MAX);
	for (pad = 0; pad < 4; pad++) {
		buf_reset(&line);
		buf_puts(&line, "550 ");
		buf_add(&line, "xxxx", pad);
		for (i = 0; i < 1000; i++)
			buf_puts(&line, "\xe2\x82\xac");
		smtp_reply_reset(&r);
		assert_int_equal(smtp_reply_feed(&r, buf_view(&line), &err),
		    SMTP_REPLY_DONE);
		assert_true(str_is_utf8(smtp_reply_text(&r)));
		assert_in_range(r.text_n, SMTP_REPLY_TEXT_MAX - 2,
		    SMTP_REPLY_TEXT_MAX);
	}
	buf_release(&line);
}

static void
copies_and_made(void **state)
{
	char words[SMTP_REPLY_BRIEF_MAX];
	struct smtp_reply a, b;

	(void)state;
	smtp_reply_make(&a, 552, (struct status){5, 3, 4}, "5.3.4 too big");
	smtp_reply_copy(&b, &a);
	assert_int_equal(b.code, 552);
	assert_true(status_is(b.status, 5, 3, 4));
	assert_string_equal(b.text, "5.3.4 too big");
	assert_int_equal(smtp_reply_class(&b), 5);
	assert_string_equal(smtp_reply_brief(&b, words), "552 5.3.4 too big");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies),
	    cmocka_unit_test(line_limit),
	    cmocka_unit_test(reply_limit),
	    cmocka_unit_test(cut_between_characters),
	    cmocka_unit_test(copies_and_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
