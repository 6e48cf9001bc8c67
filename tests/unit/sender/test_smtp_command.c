/*
 * Goal: no argument can make a command longer than one line, or another one
 * than it is (X-004); what is refused leaves no byte behind.
 */
#include "lib/base/base.h"

#include "sender/smtp_command.h"

#include "lib/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct path_row {
	const char *label, *path;
	bool ascii_ok, utf8_ok;
};

static const struct path_row paths[] = {
    {"plain", "a@example.com", true, true},
    {"verp", "bounces+abc234=x@example.com", true, true},
    {"address literal", "a@[IPv6:::1]", true, true},
    {"empty", "", false, false},
    {"no at", "a", false, false},
    {"no local part", "@example.com", false, false},
    {"no domain", "a@", false, false},
    {"two ats", "a@b@example.com", false, false},
    {"quoted at", "\"a@evil.example x\"@good.example", false, false},
    {"CRLF", "a@example.com\r\nRSET", false, false},
    {"CR", "a@example.com\r", false, false},
    {"LF", "\na@example.com", false, false},
    {"TAB", "a\t@example.com", false, false},
    {"blank", "a @example.com", false, false},
    {"DEL", "a\x7f@example.com", false, false},
    {"closing bracket", "a@example.com>", false, false},
    {"parameter", "a@example.com> SIZE=1", false, false},
    {"opening bracket", "<a@example.com", false, false},
    {"backslash", "a\\@example.com", false, false},
    {"utf-8", "j\xc3\xb6@example.com", false, true},
    {"not utf-8", "j\xf6@example.com", false, false},
    {"overlong", "j\xc0\xaf@example.com", false, false},
};

static void
paths_are_checked(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 10000);
	for (i = 0; i < ARRAY_LEN(paths); i++) {
		struct str path = str_of(paths[i].path);
		struct smtp_command_mail mail = {.from = path};
		struct err err = {FAIL_NONE, ""};

		print_message("%s\n", paths[i].label);
		assert_int_equal(smtp_command_path_ok(path, false),
		    paths[i].ascii_ok);
		assert_int_equal(smtp_command_path_ok(path, true),
		    paths[i].utf8_ok);
		if (paths[i].ascii_ok)
			continue;
		assert_false(smtp_command_mail(&out, &mail, &err));
		assert_int_equal(err.kind, FAIL_INPUT);
		assert_false(smtp_command_rcpt(&out,
		    &(struct smtp_command_rcpt){.to = path}, &err));
		assert_int_equal(out.n, 0);
	}
	buf_release(&out);
}

static void
nul_is_refused(void **state)
{
	(void)state;
	assert_false(smtp_command_path_ok(STR("a\0b@example.com"), true));
}

static void
too_long(void **state)
{
	char path[SMTP_COMMAND_PATH_MAX + 1];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[60] = '@';
	assert_true(smtp_command_path_ok(
	    (struct str){path, SMTP_COMMAND_PATH_MAX}, false));
	assert_false(smtp_command_path_ok(
	    (struct str){path, SMTP_COMMAND_PATH_MAX + 1}, false));
}

static void
commands(void **state)
{
	const struct smtp_command_mail mail = {.from = STR("b@example.com"),
	    .with_size = true,
	    .size = INT64_MAX,
	    .eight_bit = true,
	    .smtputf8 = true};
	struct err err;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	assert_true(smtp_command_ehlo(&out, STR("mx.test"), &err));
	assert_true(smtp_command_helo(&out, STR("[127.0.0.1]"), &err));
	assert_true(smtp_command_mail(&out, &mail, &err));
	assert_true(smtp_command_rcpt(&out,
	    &(struct smtp_command_rcpt){.to = STR("j\xc3\xb6@example.com"),
		.smtputf8 = true,
		.dsn = true},
	    &err));
	smtp_command_starttls(&out);
	smtp_command_data(&out);
	smtp_command_rset(&out);
	smtp_command_cancel(&out);
	smtp_command_quit(&out);
	assert_string_equal(buf_cstr(&out),
	    "EHLO mx.test\r\nHELO [127.0.0.1]\r\n"
	    "MAIL FROM:<b@example.com> SIZE=9223372036854775807 "
	    "BODY=8BITMIME SMTPUTF8\r\n"
	    "RCPT TO:<j\xc3\xb6@example.com> NOTIFY=FAILURE,DELAY\r\n"
	    "STARTTLS\r\nDATA\r\nRSET\r\n*\r\nQUIT\r\n");
	buf_release(&out);
}

static const struct {
	const char *label, *envid, *to, *said;
} reports[] = {
    {"plain", "abc", "ann@example.com",
	" RET=HDRS ENVID=abc| NOTIFY=FAILURE,DELAY ORCPT=rfc822;"
	"ann@example.com"},
    {"no envelope id", "", "ann@example.com",
	" RET=HDRS| NOTIFY=FAILURE,DELAY ORCPT=rfc822;ann@example.com"},
    {"plus and equals sign", "a+b=", "a+b=c@example.com",
	" RET=HDRS ENVID=a+2Bb+3D| NOTIFY=FAILURE,DELAY ORCPT=rfc822;"
	"a+2Bb+3Dc@example.com"},
    {"control, blank, high byte", "a \r\n\x7f\xc3", "a@example.com",
	" RET=HDRS ENVID=a+20+0D+0A+7F+C3| NOTIFY=FAILURE,DELAY "
	"ORCPT=rfc822;a@example.com"},
};

/* xtext (RFC 3461, 4), and nothing where it was not offered. */
static void
delivery_reports(void **state)
{
	struct smtp_command_mail mail = {.from = STR("b@x.test")};
	struct smtp_command_rcpt rcpt = {0};
	char line[400], *copy, *rest, *first;
	struct err err;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 10000);
	for (i = 0; i < 2 * ARRAY_LEN(reports); i++) {
		buf_reset(&out);
		mail.dsn = rcpt.dsn = i % 2 == 1;
		mail.envid = str_of(reports[i / 2].envid);
		rcpt.to = str_of(reports[i / 2].to);
		assert_true(smtp_command_mail(&out, &mail, &err));
		assert_true(smtp_command_rcpt(&out, &rcpt, &err));
		rest = copy = mem_strdup(mail.dsn ? reports[i / 2].said : "|");
		first = strsep(&rest, "|");
		snprintf(line, sizeof(line),
		    "MAIL FROM:<b@x.test>%s\r\nRCPT TO:<%s>%s\r\n", first,
		    reports[i / 2].to, rest);
		free(copy);
		assert_string_equal(buf_cstr(&out), line);
	}
	buf_release(&out);
}

/* RFC 3461, 5.4: what is too long is left out, the rest stays. */
static void
reports_with_limits(void **state)
{
	char id[200], to[SMTP_COMMAND_PATH_MAX + 1];
	struct smtp_command_mail mail = {.from = STR("b@x.test"), .dsn = true};
	struct smtp_command_rcpt rcpt = {.dsn = true};
	struct err err;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	memset(id, 'i', sizeof(id));
	mail.envid = (struct str){id, SMTP_COMMAND_ENVID_MAX};
	assert_true(smtp_command_mail(&out, &mail, &err));
	assert_true(str_find(buf_view(&out), STR("ENVID=iii")) != STR_NOWHERE);
	buf_reset(&out);
	mail.envid.n++;
	assert_true(smtp_command_mail(&out, &mail, &err));
	assert_string_equal(buf_cstr(&out),
	    "MAIL FROM:<b@x.test> RET=HDRS\r\n");
	buf_reset(&out);
	memset(to, '+', sizeof(to));
	memcpy(to + sizeof(to) - 8, "@x.test", 8);
	rcpt.to = str_of(to);
	assert_true(smtp_command_rcpt(&out, &rcpt, &err));
	assert_true(
	    str_ends(buf_view(&out), STR("@x.test> NOTIFY=FAILURE,DELAY\r\n")));
	assert_true(out.n < 512);
	buf_release(&out);
}

static void
bad_names(void **state)
{
	static const char *const names[] = {"", "mx test", "mx\r\nQUIT",
	    "m\xc3\xbc.test", "mx\t"};
	struct err err;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		assert_false(smtp_command_ehlo(&out, str_of(names[i]), &err));
		assert_false(smtp_command_helo(&out, str_of(names[i]), &err));
	}
	assert_false(smtp_command_auth(&out, "PLAIN\r\nQUIT", NULL, &err));
	assert_int_equal(out.n, 0);
	buf_release(&out);
}

static void
auth(void **state)
{
	struct buf out, initial;
	struct err err;

	(void)state;
	buf_init(&out, 40000);
	buf_init(&initial, 40000);
	assert_true(smtp_command_auth(&out, "LOGIN", NULL, &err));
	assert_true(smtp_command_auth(&out, "EXTERNAL", &initial, &err));
	buf_add(&initial,
	    "\0test\0"
	    "1234",
	    10);
	assert_true(smtp_command_auth(&out, "PLAIN", &initial, &err));
	assert_true(smtp_command_response(&out, STR_NONE, &err));
	assert_true(smtp_command_response(&out, STR("\r\n"), &err));
	assert_string_equal(buf_cstr(&out),
	    "AUTH LOGIN\r\nAUTH EXTERNAL =\r\n"
	    "AUTH PLAIN AHRlc3QAMTIzNA==\r\n\r\nDQo=\r\n");
	buf_reset(&out);
	memset(buf_room(&initial, 9300), 'x', 9300);
	buf_used(&initial, 9300);
	assert_false(smtp_command_auth(&out, "PLAIN", &initial, &err));
	assert_false(smtp_command_response(&out, buf_view(&initial), &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	assert_int_equal(out.n, 0);
	buf_release(&initial);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_are_checked),
	    cmocka_unit_test(nul_is_refused),
	    cmocka_unit_test(too_long),
	    cmocka_unit_test(commands),
	    cmocka_unit_test(delivery_reports),
	    cmocka_unit_test(reports_with_limits),
	    cmocka_unit_test(bad_names),
	    cmocka_unit_test(auth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
