/*
 * Goal: whatever an argument holds, the command stays one command (R-006,
 *
 */
#include "bounce/imap_command.h"

#include "bounce/imap_response.h"
#include "bounce/imap_utf7.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PIECES_MAX 8

/* Pieces, with '|' between them; "!kind" when refused. */
static const char *
written(struct imap_command *c)
{
	static char out[16384];
	struct err err;
	struct str piece;
	size_t at = 0;

	if (!imap_command_end(c, &err)) {
		snprintf(out, sizeof(out), "!%s", fail_name(err.kind));
		return out;
	}
	out[0] = '\0';
	while (imap_command_piece(c, &piece))
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%.*s",
		    at > 0 ? "|" : "", STR_ARG(piece));
	return out;
}

static const struct {
	const char *label, *argument;
	unsigned features;
	const char *mailbox, *string; /* NULL: refused */
} rows[] = {
    {"plain", "INBOX", 0, "INBOX", "\"INBOX\""},
    {"empty", "", 0, NULL, "\"\""},
    {"blank", "a b", 0, "\"a b\"", "\"a b\""},
    {"quote and backslash", "a\"b\\", 0, "\"a\\\"b\\\\\"", "\"a\\\"b\\\\\""},
    {"looks like a literal", "{3+}", 0, "\"{3+}\"", "\"{3+}\""},
    {"looks like a list", "(a)", 0, "\"(a)\"", "\"(a)\""},
    {"wildcards", "*%", 0, "\"*%\"", "\"*%\""},
    {"NIL", "nil", 0, "\"nil\"", "\"nil\""},
    {"ampersand", "a&b", 0, "a&-b", "\"a&b\""},
    {"umlaut", "Entw\xc3\xbcrfe", 0, "Entw&APw-rfe", "{9}\r\n|Entw\xc3\xbcrfe"},
    {"literal plus", "\xc3\xbc", IMAP_CAN_LITERAL_PLUS, "&APw-",
	"{2+}\r\n\xc3\xbc"},
    {"literal minus", "\xc3\xbc", IMAP_CAN_LITERAL_MINUS, "&APw-",
	"{2+}\r\n\xc3\xbc"},
    {"CRLF", "a\r\nA2 DELETE INBOX", 0, NULL, NULL},
    {"CR", "a\rb", 0, NULL, NULL},
    {"LF", "a\nb", 0, NULL, NULL},
    {"tab", "a\tb", 0, NULL, NULL},
    {"delete", "a\x7f", 0, NULL, NULL},
    {"escape", "\x1b[2J", 0, NULL, NULL},
    {"CRLF after a literal's size", "{3}\r\nabc", 0, NULL, NULL},
    {"CRLF in UTF-8", "\xc3\xbc\r\n", 0, NULL, NULL},
    {"not UTF-8", "\xff\xfe", 0, NULL, "{2}\r\n|\xff\xfe"},
};

static void
check(const char *label, struct imap_command *c, const char *want)
{
	char whole[1024];
	const char *got = written(c);

	snprintf(whole, sizeof(whole), "A1 X %s\r\n", want);
	if (want == NULL ? *got != '!' : strcmp(got, whole) != 0)
		fail_msg("%s: %s", label, got);
}

static void
test_arguments(void **state)
{
	struct imap_command c;
	size_t i;

	(void)state;
	imap_command_init(&c);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		imap_command_begin(&c, "A1", rows[i].features);
		IMAP_WORD(&c, "X");
		imap_command_mailbox(&c, str_of(rows[i].argument));
		check(rows[i].label, &c, rows[i].mailbox);
		imap_command_begin(&c, "A1", rows[i].features);
		IMAP_WORD(&c, "X");
		imap_command_string(&c, str_of(rows[i].argument));
		check(rows[i].label, &c, rows[i].string);
	}
	imap_command_release(&c);
}

static void
test_nul(void **state)
{
	struct imap_command c;

	(void)state;
	imap_command_init(&c);
	imap_command_begin(&c, "A1", 0);
	imap_command_string(&c, STR("a\0b"));
	assert_string_equal(written(&c), "!input");
	imap_command_release(&c);
}

static void
test_shapes(void **state)
{
	struct imap_command c;
	struct imap_set set;

	(void)state;
	imap_set_init(&set);
	assert_true(imap_set_parse(&set, STR("3,5:9")));
	imap_command_init(&c);
	imap_command_begin(&c, "A7", 0);
	IMAP_WORD(&c, "UID FETCH");
	imap_command_set(&c, &set);
	imap_command_open(&c);
	IMAP_WORD(&c, "UID");
	imap_command_number(&c, UINT64_MAX);
	imap_command_close(&c);
	imap_command_range(&c, 12);
	imap_command_date(&c, 0);
	imap_command_base64(&c, STR("\0a\0b"));
	imap_command_base64(&c, STR(""));
	assert_string_equal(written(&c),
	    "A7 UID FETCH 3,5:9 (UID 18446744073709551615) 12:* 1-Jan-1970 "
	    "AGEAYg== =\r\n");
	imap_command_begin(&c, "A8", 0);
	imap_set_reset(&set);
	imap_command_set(&c, &set);
	assert_string_equal(written(&c), "!input");
	imap_command_release(&c);
	imap_set_release(&set);
}

/* LITERAL- is for short ones only; each of the others waits for its `+`. */
static void
test_literals(void **state)
{
	char text[IMAP_ARGUMENT_MAX + 2];
	struct imap_command c;
	struct str piece;
	struct err err;
	int i, pieces = 0;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '\xc3';
	text[1] = '\xbc';
	imap_command_init(&c);
	imap_command_begin(&c, "A1", 0);
	for (i = 0; i < 3; i++)
		imap_command_string(&c, (struct str){text, 10});
	assert_true(imap_command_end(&c, &err));
	while (imap_command_piece(&c, &piece))
		pieces++;
	assert_int_equal(pieces, 4);

	imap_command_begin(&c, "A1", 0);
	for (i = 0; i < PIECES_MAX; i++)
		imap_command_string(&c, (struct str){text, 10});
	assert_string_equal(written(&c), "!input");

	imap_command_begin(&c, "A1", 0);
	imap_command_string(&c, (struct str){text, IMAP_ARGUMENT_MAX + 1});
	assert_string_equal(written(&c), "!input");
	imap_command_release(&c);
}

/* Secrets do not stay in memory that the next command reuses. */
static void
test_begin_wipes(void **state)
{
	struct imap_command c;

	(void)state;
	imap_command_init(&c);
	imap_command_begin(&c, "A1", 0);
	imap_command_string(&c, STR("secret"));
	imap_command_begin(&c, "A2", 0);
	assert_string_equal(written(&c), "A2\r\n");
	imap_command_release(&c);
}

static void
test_utf7(void **state)
{
	static const struct {
		const char *utf8, *wire;
	} names[] = {
	    {"INBOX", "INBOX"},
	    {"&", "&-"},
	    {"&&", "&-&-"},
	    {"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/"
	     "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
		"~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
	    {"\xf0\x9f\x98\x80", "&2D3eAA-"},
	    {"\xc3\xa4&\xc3\xa4", "&AOQ-&-&AOQ-"},
	};
	static const char *const bad[] = {"&", "&A", "&AOQ", "&A-", "&AO-",
	    "&AOR-", "&2D0-", "&3gA-", "&AO!-", "\xc3\xa4", "a\tb"};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		buf_reset(&b);
		assert_true(imap_utf7_encode(&b, str_of(names[i].utf8)));
		assert_string_equal(buf_cstr(&b), names[i].wire);
		buf_reset(&b);
		assert_true(imap_utf7_decode(&b, str_of(names[i].wire)));
		assert_string_equal(buf_cstr(&b), names[i].utf8);
	}
	buf_reset(&b);
	buf_puts(&b, "kept");
	for (i = 0; i < ARRAY_LEN(bad); i++)
		if (imap_utf7_decode(&b, str_of(bad[i])))
			fail_msg("%s was decoded", bad[i]);
	assert_string_equal(buf_cstr(&b), "kept");
	assert_false(imap_utf7_encode(&b, STR("\xff")));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_arguments),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_literals),
	    cmocka_unit_test(test_begin_wipes),
	    cmocka_unit_test(test_utf7),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
