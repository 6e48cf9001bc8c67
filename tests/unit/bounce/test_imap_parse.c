/*
 * Goal: a server's bytes are cut into the same values however they arrive,
 * and none of the limits can be passed.
 */
#include "bounce/imap_parse.h"

#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LEVELS 80

/* Values as text: atoms bare, "quoted", {literal}, 'text', lists in (). */
static void
write_value(struct buf *out, const struct imap_parse *p, uint32_t i)
{
	static const char *const marks[] = {[IMAP_ATOM] = "",
	    [IMAP_QUOTED] = "\"\"",
	    [IMAP_LITERAL] = "{}",
	    [IMAP_TEXT] = "''"};
	const struct imap_value *v = &p->values[i];

	if (v->kind == IMAP_LIST) {
		buf_char(out, '(');
		return;
	}
	if (*marks[v->kind] != '\0')
		buf_char(out, marks[v->kind][0]);
	buf_str(out, imap_value_str(p, v));
	if (*marks[v->kind] != '\0')
		buf_char(out, marks[v->kind][1]);
	buf_char(out, ' ');
}

static void
write_response(struct buf *out, const struct imap_parse *p)
{
	uint32_t ends[LEVELS];
	uint32_t i;
	int depth = 0;

	for (i = 0; i < p->count; i++) {
		write_value(out, p, i);
		if (p->values[i].kind == IMAP_LIST)
			ends[depth++] = p->values[i].next;
		while (depth > 0 && ends[depth - 1] == i + 1) {
			buf_puts(out, ") ");
			depth--;
		}
	}
	buf_char(out, '|');
}

/* Feeds in pieces that end at `cut` (0: single bytes); what came of it. */
static void
feed(struct buf *out, struct str bytes, size_t cut)
{
	struct imap_parse p;
	enum imap_progress progress;
	struct err err = {FAIL_NONE, ""};
	size_t at = 0, end, used;

	imap_parse_init(&p);
	while (at < bytes.n) {
		end = cut == 0 ? at + 1 : at < cut ? cut : bytes.n;
		progress = imap_parse_feed(&p, str_sub(bytes, at, end - at),
		    &used, &err);
		at += used;
		if (progress == IMAP_COMPLETE)
			write_response(out, &p);
		if (progress == IMAP_BAD) {
			buf_printf(out, "!%s", fail_name(err.kind));
			break;
		}
	}
	if (!imap_parse_at_start(&p) && err.kind == FAIL_NONE)
		buf_puts(out, "...");
	imap_parse_release(&p);
}

static void
check(const char *label, struct str bytes, const char *want)
{
	struct buf got;
	size_t cut;

	buf_init(&got, 1U << 20);
	for (cut = 0; cut <= bytes.n; cut++) {
		buf_reset(&got);
		feed(&got, bytes, cut);
		if (strcmp(buf_cstr(&got), want) != 0)
			fail_msg("%s, cut at %zu: got %s, not %s", label, cut,
			    buf_cstr(&got), want);
	}
	buf_release(&got);
}

static const struct {
	const char *label;
	const char *bytes;
	const char *want;
} rows[] = {
    {"greeting", "* OK [CAPABILITY X] hi\r\n", "* OK '[CAPABILITY X] hi' |"},
    {"status without text", "A1 OK\r\n", "A1 OK |"},
    {"status with empty text", "A1 OK \r\n", "A1 OK '' |"},
    {"text keeps what looks like syntax", "* no (\"{3}\r\n", "* no '(\"{3}' |"},
    {"text of two blanks", "* OK  x\r\n", "* OK ' x' |"},
    {"continuation", "+ idling (\r\n", "+ 'idling (' |"},
    {"bare continuation", "+\r\n", "+ |"},
    {"continuation, empty", "+ \r\n", "+ '' |"},
    {"OK is no status in third place", "* 1 OK x\r\n", "* 1 OK x |"},
    {"numbers", "* SEARCH 2 84 882 \r\n", "* SEARCH 2 84 882 |"},
    {"blanks doubled", "*  5   EXISTS\r\n", "* 5 EXISTS |"},
    {"quoted", "* LIST () \"/\" \"a \\\"b\\\\\"\r\n",
	"* LIST () \"/\" \"a \"b\\\" |"},
    {"empty quoted", "* X \"\" y\r\n", "* X \"\" y |"},
    {"literal", "* X {5}\r\na\r\nb) y\r\n", "* X {a\r\nb)} y |"},
    {"empty literal", "* X {0}\r\n y\r\n", "* X {} y |"},
    {"literal8", "* X ~{2}\r\n\1\2\r\n", "* X {\1\2} |"},
    {"literal with plus", "* X {1+}\r\nz\r\n", "* X {z} |"},
    {"tilde alone", "* X ~ ~a\r\n", "* X ~ ~a |"},
    {"nested", "* 1 FETCH (UID 3 FLAGS (\\Seen $x) A ((b)c))\r\n",
	"* 1 FETCH (UID 3 FLAGS (\\Seen $x ) A ((b ) c ) ) |"},
    {"empty lists", "* X (()())\r\n", "* X (() () ) |"},
    {"list without blank", "* FLAGS(\\A)\r\n", "* FLAGS (\\A ) |"},
    {"section", "* 1 FETCH (BODY[HEADER.FIELDS (FROM TO)]<0> {1}\r\nx)\r\n",
	"* 1 FETCH (BODY[HEADER.FIELDS (FROM TO)]<0> {x} ) |"},
    {"bracket in a keyword is none", "* FLAGS ([x $a[b)\r\n",
	"* FLAGS ([x $a[b ) |"},
    {"two responses", "* 1 EXISTS\r\n* 2 RECENT\r\n",
	"* 1 EXISTS |* 2 RECENT |"},
    {"half a line", "* 1 EXI", "..."},
    {"half a literal", "* X {5}\r\nab", "..."},
    {"CR seen", "* 1 EXISTS\r", "..."},
    {"eight-bit atom", "* X \xc3\xa4\r\n", "* X \xc3\xa4 |"},

    {"bare LF", "* 1 EXISTS\n", "!protocol"},
    {"bare CR", "* 1 EXISTS\rx", "!protocol"},
    {"LF in text", "* OK a\nb\r\n", "!protocol"},
    {"CR in text", "* OK a\rb\r\n", "!protocol"},
    {"control in an atom", "* a\1b\r\n", "!protocol"},
    {"tab between values", "* a\tb\r\n", "!protocol"},
    {"quote in an atom", "* a\"b\"\r\n", "!protocol"},
    {"line end in quotes", "* \"ab\r\n\"\r\n", "!protocol"},
    {"bad escape", "* \"a\\b\"\r\n", "!protocol"},
    {"empty line", "\r\n", "!protocol"},
    {"begins with a list", "(a)\r\n", "!protocol"},
    {"begins with a literal", "{1}\r\na\r\n", "!protocol"},
    {"begins with quotes", "\"a\" OK\r\n", "!protocol"},
    {"list left open", "* X (a\r\n", "!protocol"},
    {"list closed twice", "* X (a))\r\n", "!protocol"},
    {"literal without digits", "* X {}\r\n", "!protocol"},
    {"literal with a sign", "* X {-1}\r\n", "!protocol"},
    {"literal without line end", "* X {1}a\r\n", "!protocol"},
    {"literal with CR only", "* X {1}\ra\r\n", "!protocol"},
    {"section over the line end", "* X BODY[a\r\n", "!protocol"},
    {"literal too large", "* X {262145}\r\n", "!limit"},
    {"literal of 32 bits", "* X {4294967295}\r\n", "!limit"},
    {"literal of 63 bits", "* X {9223372036854775807}\r\n", "!limit"},
    {"literal that overflows", "* X {99999999999999999999999}\r\n", "!limit"},
};

static void
test_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		check(rows[i].label, str_of(rows[i].bytes), rows[i].want);
}

static void
test_nul(void **state)
{
	(void)state;
	check("NUL in text", STR("* OK a\0b\r\n"), "!protocol");
	check("NUL in an atom", STR("* a\0b\r\n"), "!protocol");
	check("NUL in quotes", STR("* \"\0\"\r\n"), "!protocol");
}

static void
test_nul_in_literal(void **state)
{
	struct imap_parse p;
	struct err err;
	size_t used;

	(void)state;
	imap_parse_init(&p);
	assert_int_equal(
	    imap_parse_feed(&p, STR("* X {3}\r\na\0b\r\n"), &used, &err),
	    IMAP_COMPLETE);
	assert_int_equal(p.values[2].n, 3);
	assert_memory_equal(imap_value_str(&p, &p.values[2]).p, "a\0b", 3);
	imap_parse_release(&p);
}

static void
repeat(struct buf *b, const char *what, size_t times)
{
	while (times-- > 0)
		buf_puts(b, what);
}

/* Feeds one big response whole; what it ends with, and the memory. */
static enum fail
feed_big(struct buf *bytes, enum imap_progress want)
{
	struct imap_parse p;
	struct err err = {FAIL_NONE, ""};
	size_t used;

	imap_parse_init(&p);
	assert_false(bytes->full);
	assert_int_equal(imap_parse_feed(&p, buf_view(bytes), &used, &err),
	    want);
	assert_true(p.bytes.cap <= IMAP_RESPONSE_MAX + 1);
	assert_true(p.cap <= IMAP_VALUES_MAX);
	imap_parse_release(&p);
	buf_release(bytes);
	return err.kind;
}

static void
test_depth(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4U << 20);
	buf_puts(&b, "* X ");
	repeat(&b, "(", IMAP_DEPTH_MAX);
	repeat(&b, ")", IMAP_DEPTH_MAX);
	buf_puts(&b, "\r\n");
	assert_int_equal(feed_big(&b, IMAP_COMPLETE), FAIL_NONE);
	buf_puts(&b, "* X ");
	repeat(&b, "(", IMAP_DEPTH_MAX + 1);
	assert_int_equal(feed_big(&b, IMAP_BAD), FAIL_LIMIT);
	buf_puts(&b, "* X ");
	repeat(&b, "(", 1000000);
	assert_int_equal(feed_big(&b, IMAP_BAD), FAIL_LIMIT);
}

static void
test_line_max(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4U << 20);
	buf_puts(&b, "* OK ");
	repeat(&b, "x", IMAP_LINE_MAX - 7);
	buf_puts(&b, "\r\n");
	assert_int_equal(feed_big(&b, IMAP_COMPLETE), FAIL_NONE);
	buf_puts(&b, "* OK ");
	repeat(&b, "x", IMAP_LINE_MAX - 6);
	buf_puts(&b, "\r\n");
	assert_int_equal(feed_big(&b, IMAP_BAD), FAIL_LIMIT);
}

static void
test_values_max(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4U << 20);
	buf_puts(&b, "* SEARCH");
	repeat(&b, " 1", IMAP_VALUES_MAX - 2);
	buf_puts(&b, "\r\n");
	assert_int_equal(feed_big(&b, IMAP_COMPLETE), FAIL_NONE);
	buf_puts(&b, "* SEARCH");
	repeat(&b, " 1", IMAP_VALUES_MAX - 1);
	assert_int_equal(feed_big(&b, IMAP_BAD), FAIL_LIMIT);
}

/* Literals are small each, but a response may not have ever more of them. */
static void
test_response_max(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, 8U << 20);
	buf_puts(&b, "* X");
	for (i = 0; i < 9; i++) {
		buf_puts(&b, " {262144}\r\n");
		repeat(&b, "a", IMAP_LITERAL_MAX);
	}
	assert_int_equal(feed_big(&b, IMAP_BAD), FAIL_LIMIT);
}

/* Memory follows what came: an announced literal alone costs nothing. */
static void
test_announced_is_not_allocated(void **state)
{
	struct imap_parse p;
	struct err err;
	size_t used;

	(void)state;
	imap_parse_init(&p);
	assert_int_equal(
	    imap_parse_feed(&p, STR("* X {262144}\r\nabc"), &used, &err),
	    IMAP_MORE);
	assert_true(p.bytes.cap < 1024);
	imap_parse_release(&p);
}

static void
test_fed_after_error(void **state)
{
	struct imap_parse p;
	struct err err = {FAIL_NONE, ""};
	size_t used;

	(void)state;
	imap_parse_init(&p);
	assert_int_equal(imap_parse_feed(&p, STR("\r\n"), &used, &err),
	    IMAP_BAD);
	assert_int_equal(
	    imap_parse_feed(&p, STR("* 1 EXISTS\r\n"), &used, &err), IMAP_BAD);
	assert_int_equal(used, 0);
	imap_parse_release(&p);
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *atom;
		bool ok;
		uint64_t want;
	} numbers[] = {
	    {"0", true, 0},
	    {"4294967296", true, 4294967296},
	    {"9223372036854775807", true, INT64_MAX},
	    {"9223372036854775808", false, 0},
	    {"-1", false, 0},
	    {"1a", false, 0},
	};
	struct imap_parse p;
	struct buf b;
	struct err err;
	uint64_t n;
	size_t used, i;

	(void)state;
	buf_init(&b, 1000);
	imap_parse_init(&p);
	for (i = 0; i < ARRAY_LEN(numbers); i++) {
		buf_reset(&b);
		buf_printf(&b, "* %s\r\n", numbers[i].atom);
		assert_int_equal(imap_parse_feed(&p, buf_view(&b), &used, &err),
		    IMAP_COMPLETE);
		n = 0;
		assert_int_equal(imap_value_number(&p, &p.values[1], &n),
		    numbers[i].ok);
		assert_true(!numbers[i].ok || n == numbers[i].want);
	}
	imap_parse_release(&p);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_nul_in_literal),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_line_max),
	    cmocka_unit_test(test_values_max),
	    cmocka_unit_test(test_response_max),
	    cmocka_unit_test(test_announced_is_not_allocated),
	    cmocka_unit_test(test_fed_after_error),
	    cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
