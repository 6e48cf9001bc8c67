/* Goal: what others wrote into headers is read without choking on it. */
#include "lib/mail/header.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ARENA_MAX (1U << 20)

static void
fields_are_found_in_any_block(void **state)
{
	static const struct {
		const char *block;
		const char *fields; /* "name=value|...", values trimmed */
		const char *rest;
	} rows[] = {
	    {"A: 1\r\nB: 2\r\n\r\nbody", "A=1|B=2|", "body"},
	    {"A: 1\nB: 2\n\nbody", "A=1|B=2|", "body"},
	    {"A: 1\n b\n\tc\nB: 2", "A=1\n b\n\tc|B=2|", ""},
	    {"A:\r\nB:1", "A=|B=1|", ""},
	    {"A : 1\n", "A=1|", ""},
	    {"From x@example.com Mon Jan  1\nA: 1\n", "A=1|", ""},
	    {"no colon\nA: 1\n", "A=1|", ""},
	    {" folded first\nA: 1\n", "A=1|", ""},
	    {": empty name\nA: 1\n", "A=1|", ""},
	    {"A: 1\nBad Name: 2\n more of it\nB: 3\n", "A=1|B=3|", ""},
	    {"A: x: y\n", "A=x: y|", ""},
	    {"\r\nbody", "", "body"},
	    {"", "", ""},
	    {"A", "", ""},
	};
	struct header_field f;
	struct buf got;
	struct str block;
	size_t i;

	(void)state;
	buf_init(&got, 1000);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&got);
		block = str_of(rows[i].block);
		while (header_next(&block, &f)) {
			buf_str(&got, f.name);
			buf_char(&got, '=');
			buf_str(&got, str_trim(f.value));
			buf_char(&got, '|');
		}
		assert_string_equal(buf_cstr(&got), rows[i].fields);
		assert_true(str_eq(block, str_of(rows[i].rest)));
	}
	buf_release(&got);
}

static void
a_field_is_got_unfolded(void **state)
{
	static const struct str block =
	    STR("To: a\r\nSUBJECT:  one\r\n two\r\n\tthree \r\n"
		"Subject: later\r\n\r\nIn-Body: x\r\n");
	struct arena a, small;

	(void)state;
	arena_init(&a, ARENA_MAX);
	arena_init(&small, 20);
	assert_string_equal(header_get(block, "Subject", &a).p,
	    "one two\tthree");
	assert_int_equal(header_get(block, "In-Body", &a).n, 0);
	assert_null(header_get(block, "Cc", &a).p);
	assert_null(header_get(block, "Subject", &small).p);
	arena_release(&a);
	arena_release(&small);
}

static void
words_of_others_are_decoded(void **state)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
	    {"plain", "plain"},
	    {"", ""},
	    {"=?iso-8859-1?q?J=FCrgen?=", "Jürgen"},
	    {"=?ISO-8859-1?Q?a_b?=", "a b"},
	    {"=?utf-8?q?a=5Fb_?= c", "a_b  c"},
	    {"=?iso-8859-15?q?=A4?=", "€"},
	    {"=?windows-1252?q?=93x=94_=80?=", "“x” €"},
	    {"=?windows-1252?q?=81?=", "\xef\xbf\xbd"},
	    {"=?us-ascii?q?x=FF?=", "x\xef\xbf\xbd"},
	    {"=?koi8-r?b?8NLJ18XU?=", "Привет"},
	    {"=?iso-2022-jp?b?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"},
	    {"=?shift_jis?b?grGC8YLJgr+CzQ==?=", "こんにちは"},
	    {"=?gb2312?b?xOO6ww==?=", "你好"},
	    {"=?euc-kr?b?vsiz5w==?=", "안녕"},
	    {"=?big5?b?p0Gmbg==?=", "你好"},
	    {"=?gb2312?b?xOO6?=", "你\xef\xbf\xbd"},
	    {"=?utf-8*de?q?=C3=BC?=", "ü"},
	    {"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"},
	    {"=?utf-8?q?a?=\r\n\t=?utf-8?q?b?=", "ab"},
	    {"=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b"},
	    {"=?utf-8?q?a?==?utf-8?q?b?=", "ab"},
	    {"(=?utf-8?q?a?=)", "(a)"},
	    {"x=?utf-8?q?a?=y", "xay"},
	    /* a character split over two words, as careless senders do */
	    {"=?utf-8?b?w7w=?= =?utf-8?b?wg==?= =?utf-8?b?qQ==?=", "ü©"},
	    {"=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"},
	    {"=?utf-8?q?=C3?= =?iso-8859-1?q?=BC?=", "\xef\xbf\xbd¼"},
	    {"=?utf-8?q?"
	     "?=",
		""},
	    {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
	    {"=?utf-8?q?a", "=?utf-8?q?a"},
	    {"=?utf-8?q?a?", "=?utf-8?q?a?"},
	    {"=??q?a?=", "=??q?a?="},
	    {"=?utf-8?qq?a?=", "=?utf-8?qq?a?="},
	    {"=?=?utf-8?q?a?=", "=?a"},
	    {"=?utf-8?q?=4?=", "=4"},
	    {"=?utf-8?b?YW?=", "a"},
	    {"=?utf-8?b?Y!W-J*j?=", "abc"},
	    {"=?x-unknown?q?=C3=BC=FF?=", "ü\xef\xbf\xbd"},
	    {"=?iso-2022-cn-ext?q?=1B?=", " "},
	    {"=?utf-16//TRANSLIT?q?ab?=", "ab"},
	    {"raw \xc3\xbc", "raw ü"},
	    {"raw \xfc", "raw \xef\xbf\xbd"},
	    {"=?utf-8?Q?=0D=0ABcc:_x?=", "  Bcc: x"},
	    {"=?utf-8?q?a=00b?=", "a b"},
	    {"=?utf-8?q?=C0=8A?=", "\xef\xbf\xbd\xef\xbf\xbd"},
	};
	struct arena a;
	struct str got;
	size_t i;

	(void)state;
	arena_init(&a, ARENA_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		got = header_decode(str_of(rows[i].value), &a);
		if (!str_eq(got, str_of(rows[i].want)))
			fail_msg("%s: %.*s", rows[i].value, STR_ARG(got));
	}
	arena_release(&a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_are_found_in_any_block),
	    cmocka_unit_test(a_field_is_got_unfolded),
	    cmocka_unit_test(words_of_others_are_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
