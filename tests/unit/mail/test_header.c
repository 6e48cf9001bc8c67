/* Goal: no value can add a field or a line; what is written folds and reads
 * back as it was. */
#include "lib/mail/header.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ARENA_MAX (1U << 20)

static uint64_t seed = 88172645463325252U;

static uint32_t
random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static void
put_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_char(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_char(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_char(b, (char)(0xe0 | c >> 12));
		} else {
			buf_char(b, (char)(0xf0 | c >> 18));
			buf_char(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_char(b, (char)(0x80 | (c & 0x3f)));
}

/* A character of the kind that subjects are made of, or any other that may
 * stand in a header. */
static uint32_t
random_char(void)
{
	uint32_t c;

	switch (random_below(6)) {
	case 0: return ' ' + random_below(95);
	case 1: return ' ';
	case 2: return 0xc0 + random_below(0x240);
	case 3: return 0x4e00 + random_below(0x5000);
	case 4: return 0x1f300 + random_below(0x300);
	default: c = 0xa0 + random_below(0x10ff00); break;
	}
	if ((c >= 0xd800 && c < 0xe000) || c == 0x2028 || c == 0x2029 ||
	    c == 0xfffd || c > 0x10ffff)
		return 'x';
	return c;
}

static void
random_text(struct buf *b, size_t chars)
{
	buf_reset(b);
	while (chars-- > 0)
		put_utf8(b, random_char());
	buf_str(b, STR("|")); /* blanks at the ends would go */
}

static size_t
longest_line(struct str block)
{
	size_t longest = 0;
	struct str line;

	assert_true(str_ends(block, STR("\r\n")));
	while (str_cut(&block, '\n', &line)) {
		assert_true(str_ends(line, STR("\r")));
		line.n--;
		assert_int_equal(str_chr(line, '\r'), STR_NOWHERE);
		assert_true(str_trim(line).n > 0);
		if (line.n > longest)
			longest = line.n;
	}
	return longest;
}

static struct str
read_back(struct str block, const char *name, struct arena *a)
{
	arena_reset(a);
	return header_decode(header_get(block, name, a), a);
}

/* `n` is given where the payload holds a NUL. */
static const struct {
	const char *text;
	size_t n;
	bool passes; /* as text that means itself */
} payloads[] = {
    {"x\r\nBcc: v@example.org", 0, false},
    {"x\nBcc: v@example.org", 0, false},
    {"x\rBcc: v@example.org", 0, false},
    {"x\r\n\r\nbody", 0, false},
    {"\r\nBcc: v@example.org", 0, false},
    {"x\r\n Bcc: v@example.org", 0, false},
    {"x\xe2\x80\xa8"
     "Bcc: v@example.org",
	0, false},
    {"x\xe2\x80\xa9"
     "Bcc: v@example.org",
	0, false},
    {"x\xc2\x85"
     "Bcc: v@example.org",
	0, false},
    {"x\0Bcc: v@example.org", 20, false},
    {"x\x0b"
     "Bcc: v@example.org",
	0, false},
    {"x\xc0\x8d\xc0\x8a"
     "Bcc: v@example.org",
	0, false},
    {"x\xe5\x98\x8d\xe5\x98\x8a"
     "Bcc: v@example.org",
	0, true}, /* U+560D U+560A */
    {"=?utf-8?Q?=0D=0ABcc:_v@example.org?=", 0, true},
    {"=?utf-8?B?DQpCY2M6IHZAZXhhbXBsZS5vcmc=?=", 0, true},
    {"x%0d%0aBcc: v@example.org", 0, true},
    {"x\\r\\nBcc: v@example.org", 0, true},
    {"x\" <v@example.org>, \"y", 0, true},
    {"x>, <v@example.org", 0, true},
};

enum writer { WRITE_TEXT, WRITE_MAILBOX, WRITE_RAW, WRITE__COUNT };

static bool
write_as(struct buf *out, enum writer how, struct str value)
{
	struct err err = {FAIL_NONE, ""};
	struct address a;
	bool ok = false;

	assert_true(address_parse(&a, STR("to@example.com"), &err));
	switch (how) {
	case WRITE_TEXT: ok = header_text(out, "Subject", value, &err); break;
	case WRITE_RAW: ok = header_raw(out, "X-Raw", value, &err); break;
	case WRITE_MAILBOX:
		ok = header_mailbox(out, "To", value, &a, &err);
		break;
	case WRITE__COUNT:
	default: break;
	}
	if (!ok)
		assert_int_equal(err.kind, FAIL_INPUT);
	return ok;
}

static int
count_fields(struct str block)
{
	struct header_field f;
	int n = 0;

	while (header_next(&block, &f))
		n++;
	assert_int_equal(block.n, 0);
	return n;
}

static void
no_value_adds_a_field(void **state)
{
	struct buf out;
	struct str text;
	size_t i;
	int how;
	bool ok;

	(void)state;
	buf_init(&out, HEADER_BLOCK_MAX);
	for (i = 0; i < ARRAY_LEN(payloads); i++) {
		text = str_of(payloads[i].text);
		if (payloads[i].n > 0)
			text.n = payloads[i].n;
		assert_int_equal(header_text_ok(text), payloads[i].passes);
		for (how = 0; how < WRITE__COUNT; how++) {
			buf_reset(&out);
			ok = write_as(&out, (enum writer)how, text);
			if (!ok)
				assert_int_equal(out.n, 0);
			else if (count_fields(buf_view(&out)) != 1)
				fail_msg("payload %zu as %d", i, how);
			if (how != WRITE_RAW && ok != payloads[i].passes)
				fail_msg("payload %zu as %d", i, how);
		}
	}
	buf_release(&out);
}

/* What looks like an encoded-word is shown as it was typed, and a display
 * name never becomes a second mailbox. */
static void
what_passes_means_itself(void **state)
{
	struct arena a;
	struct buf out;
	struct str text;
	struct address to;
	size_t i;

	(void)state;
	arena_init(&a, ARENA_MAX);
	buf_init(&out, HEADER_BLOCK_MAX);
	for (i = 0; i < ARRAY_LEN(payloads); i++) {
		if (!payloads[i].passes)
			continue;
		text = str_of(payloads[i].text);
		buf_reset(&out);
		assert_true(write_as(&out, WRITE_TEXT, text));
		assert_true(
		    str_eq(read_back(buf_view(&out), "Subject", &a), text));
		buf_reset(&out);
		assert_true(write_as(&out, WRITE_MAILBOX, text));
		arena_reset(&a);
		assert_true(address_from_header(&to,
		    header_get(buf_view(&out), "To", &a)));
		assert_string_equal(to.text, "to@example.com");
	}
	buf_release(&out);
	arena_release(&a);
}

static void
names_are_checked_too(void **state)
{
	static const char *const bad[] = {"", "A B", "A:", "A\r\nB", "\x01",
	    "Ä", "A\t", " A"};
	struct err err = {FAIL_NONE, ""};
	struct buf out;
	char name[80];
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(header_text(&out, bad[i], STR("x"), &err));
		assert_false(header_raw(&out, bad[i], STR("x"), &err));
	}
	snprintf(name, sizeof(name), "X%076d", 1);
	assert_false(header_raw(&out, name, STR("x"), &err));
	assert_true(header_raw(&out, name + 1, STR("x"), &err));
	buf_reset(&out);
	assert_true(header_raw(&out, "X-A_b.1", STR("x"), &err));
	assert_string_equal(buf_cstr(&out), "X-A_b.1: x\r\n");
	buf_release(&out);
}

static void
texts_look_like_this(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"Hello", "Subject: Hello\r\n"},
	    {"", "Subject:\r\n"},
	    {"  Hello  ", "Subject: Hello\r\n"},
	    {"a  b", "Subject: a  b\r\n"},
	    {"1234567890 1234567890 1234567890 1234567890 1234567890 "
	     "1234567890 1234 end",
		"Subject: 1234567890 1234567890 1234567890 1234567890 "
		"1234567890 1234567890\r\n 1234 end\r\n"},
	    {"Grüße", "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"},
	    {"Jürgen kommt", "Subject: =?UTF-8?Q?J=C3=BCrgen_kommt?=\r\n"},
	    {"こんにちは", "Subject: =?UTF-8?B?44GT44KT44Gr44Gh44Gv?=\r\n"},
	    {"=?x?=", "Subject: =?UTF-8?B?PT94Pz0=?=\r\n"},
	};
	struct err err = {FAIL_NONE, ""};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, HEADER_BLOCK_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		assert_true(
		    header_text(&out, "Subject", str_of(rows[i].text), &err));
		assert_string_equal(buf_cstr(&out), rows[i].want);
	}
	buf_release(&out);
}

static void
mailboxes_look_like_this(void **state)
{
	static const struct {
		const char *display, *want;
	} rows[] = {
	    {"", "From: a.b@example.com\r\n"},
	    {"Ann", "From: Ann <a.b@example.com>\r\n"},
	    {"Ann Lee", "From: Ann Lee <a.b@example.com>\r\n"},
	    {"O'Brien", "From: O'Brien <a.b@example.com>\r\n"},
	    {"Ann  Lee", "From: \"Ann  Lee\" <a.b@example.com>\r\n"},
	    {"Lee, Ann", "From: \"Lee, Ann\" <a.b@example.com>\r\n"},
	    {"A. Lee", "From: \"A. Lee\" <a.b@example.com>\r\n"},
	    {"Ann \"X\" \\Lee",
		"From: \"Ann \\\"X\\\" \\\\Lee\" <a.b@example.com>\r\n"},
	    {"a@b", "From: \"a@b\" <a.b@example.com>\r\n"},
	    {"Jürgen", "From: =?UTF-8?Q?J=C3=BCrgen?= <a.b@example.com>\r\n"},
	    {"Lee, Jü", "From: =?UTF-8?B?TGVlLCBKw7w=?= <a.b@example.com>\r\n"},
	    {"A department with a rather long name of seventy octets that "
	     "ends here now",
		"From:\r\n A department with a rather long name of seventy "
		"octets that ends here now\r\n <a.b@example.com>\r\n"},
	};
	struct err err = {FAIL_NONE, ""};
	struct address a;
	struct buf out;
	size_t i;

	(void)state;
	assert_true(address_parse(&a, STR("a.b@example.com"), &err));
	buf_init(&out, HEADER_BLOCK_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		assert_true(header_mailbox(&out, "From",
		    str_of(rows[i].display), &a, &err));
		assert_string_equal(buf_cstr(&out), rows[i].want);
	}
	buf_release(&out);
}

/* A line passes 78 only where it has no blank but its first. */
static void
check_folds(struct str block)
{
	struct str line, rest;

	assert_true(longest_line(block) <= 998);
	while (str_cut(&block, '\n', &line)) {
		rest = str_trim(line);
		if (str_starts(rest, STR("X-Folded:")))
			rest = str_trim(str_from(rest, 9));
		if (line.n > 79 && str_chr(rest, ' ') != STR_NOWHERE)
			fail_msg("not folded: %.*s", STR_ARG(line));
	}
}

static void
ascii_folds_where_it_can(void **state)
{
	struct err err = {FAIL_NONE, ""};
	struct buf text, out;
	struct arena a;
	size_t chars;
	int i;

	(void)state;
	arena_init(&a, ARENA_MAX);
	buf_init(&text, HEADER_VALUE_MAX);
	buf_init(&out, HEADER_BLOCK_MAX);
	for (i = 0; i < 3000; i++) {
		buf_reset(&text);
		buf_reset(&out);
		for (chars = 1 + random_below(600); chars > 0; chars--)
			buf_char(&text, random_below(i % 50 + 2) == 0
					    ? ' '
					    : (char)('a' + random_below(26)));
		buf_str(&text, STR("."));
		assert_true(
		    header_raw(&out, "X-Folded", buf_view(&text), &err));
		check_folds(buf_view(&out));
		assert_true(str_eq(read_back(buf_view(&out), "X-Folded", &a),
		    str_trim(buf_view(&text))));
	}
	buf_release(&text);
	buf_release(&out);
	arena_release(&a);
}

/* Every word of a field: its length, that it decodes alone, and that all
 * together say the text. */
static void
check_words(struct str block, struct str text, struct arena *a)
{
	struct str word, alone;
	struct buf all;
	size_t at, end;

	buf_init(&all, HEADER_BLOCK_MAX);
	while ((at = str_find(block, STR("=?UTF-8?"))) != STR_NOWHERE) {
		block = str_from(block, at);
		end = str_find(str_from(block, 10), STR("?=")) + 12;
		word = str_sub(block, 0, end);
		assert_true(word.n <= 75);
		alone = header_decode(word, a);
		assert_true(str_is_utf8(alone));
		assert_int_equal(str_find(alone, STR("\xef\xbf\xbd")),
		    STR_NOWHERE);
		buf_str(&all, alone);
		block = str_from(block, end);
	}
	assert_true(str_eq(buf_view(&all), text));
	buf_release(&all);
}

static void
unicode_comes_back_word_by_word(void **state)
{
	struct err err = {FAIL_NONE, ""};
	struct buf text, out;
	struct arena a;
	int i;

	(void)state;
	arena_init(&a, ARENA_MAX);
	buf_init(&text, HEADER_VALUE_MAX);
	buf_init(&out, HEADER_BLOCK_MAX);
	for (i = 0; i < 10000; i++) {
		buf_reset(&out);
		random_text(&text, random_below(120));
		buf_str(&text, STR("é"));
		if (text.p[0] == ' ')
			buf_drop(&text, str_find(buf_view(&text), STR("|")));
		if (!header_text(&out, "Subject", buf_view(&text), &err))
			fail_msg("%s", err.text);
		assert_true(longest_line(buf_view(&out)) <= 76);
		assert_true(str_eq(read_back(buf_view(&out), "Subject", &a),
		    buf_view(&text)));
		check_words(buf_view(&out), buf_view(&text), &a);
	}
	buf_release(&text);
	buf_release(&out);
	arena_release(&a);
}

static void
the_known_subject_decodes_exactly(void **state)
{
	static const char subject[] = "Grüße – Angebot für Jürgen 🎉 & müde "
				      "Füße überall in Köln";
	/* as another program wrote it */
	static const char other[] =
	    "=?utf-8?b?R3LDvMOfZSDigJMgQW5nZWJvdCBmw7xyIErDvHJnZW4g8J+OiSAm?="
	    "\r\n =?utf-8?b?IG3DvGRlIEbDvMOfZSDDvGJlcmFsbCBpbiBLw7Zsbg==?=";
	struct err err = {FAIL_NONE, ""};
	struct arena a;
	struct buf out;

	(void)state;
	arena_init(&a, ARENA_MAX);
	buf_init(&out, HEADER_BLOCK_MAX);
	assert_true(header_text(&out, "Subject", str_of(subject), &err));
	assert_true(longest_line(buf_view(&out)) <= 76);
	assert_string_equal(read_back(buf_view(&out), "Subject", &a).p,
	    subject);
	assert_string_equal(header_decode(str_of(other), &a).p, subject);
	buf_release(&out);
	arena_release(&a);
}

/* `n` octets in words of nine and a blank. */
static void
fill(struct buf *b, size_t n)
{
	buf_reset(b);
	while (b->n < n)
		buf_char(b, b->n % 10 == 9 && b->n + 1 < n ? ' ' : 'x');
}

static void
a_field_ends_at_8_kib(void **state)
{
	struct err err = {FAIL_NONE, ""};
	struct buf text, out;
	int i;

	(void)state;
	buf_init(&text, HEADER_BLOCK_MAX);
	buf_init(&out, HEADER_BLOCK_MAX);
	for (i = 0; i < 2; i++) {
		buf_reset(&out);
		fill(&text, HEADER_VALUE_MAX + (size_t)i);
		assert_int_equal(
		    header_text(&out, "Subject", buf_view(&text), &err),
		    i == 0);
		assert_int_equal(header_raw(&out, "X-A", buf_view(&text), &err),
		    i == 0);
	}
	assert_int_equal(out.n, 0);
	assert_int_equal(err.kind, FAIL_LIMIT);
	/* What counts is what is written: encoded, this is too long. */
	buf_reset(&text);
	while (text.n < 6400)
		buf_str(&text, STR("ж"));
	assert_false(header_text(&out, "Subject", buf_view(&text), &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	/* A word without a blank cannot be written as it is. */
	fill(&text, 0);
	while (text.n < 1000)
		buf_char(&text, 'x');
	assert_true(header_text(&out, "Subject", buf_view(&text), &err));
	assert_true(longest_line(buf_view(&out)) <= 76);
	assert_false(header_raw(&out, "X-A", buf_view(&text), &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	buf_release(&text);
	buf_release(&out);
}

static void
a_full_block_is_said(void **state)
{
	struct err err = {FAIL_NONE, ""};
	struct buf out;

	(void)state;
	buf_init(&out, 30);
	assert_true(header_raw(&out, "A", STR("b"), &err));
	assert_false(
	    header_text(&out, "Subject", STR("twenty-five octets."), &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	assert_string_equal(buf_cstr(&out), "A: b\r\n");
	buf_release(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_value_adds_a_field),
	    cmocka_unit_test(what_passes_means_itself),
	    cmocka_unit_test(names_are_checked_too),
	    cmocka_unit_test(texts_look_like_this),
	    cmocka_unit_test(mailboxes_look_like_this),
	    cmocka_unit_test(ascii_folds_where_it_can),
	    cmocka_unit_test(unicode_comes_back_word_by_word),
	    cmocka_unit_test(the_known_subject_decodes_exactly),
	    cmocka_unit_test(a_field_ends_at_8_kib),
	    cmocka_unit_test(a_full_block_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
