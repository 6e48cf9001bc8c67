/* Goal: a file's name is read back by those who know RFC 2231, and is still
 * one to those who do not. */
#include "lib/mail/parameter.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
names_look_like_this(void **state)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
	    {"a.pdf", "X:; filename=\"a.pdf\""},
	    {"a b (1).pdf", "X:; filename=\"a b (1).pdf\""},
	    {"\xc3\xa4.pdf",
		"X:; filename*=UTF-8''%C3%A4.pdf; filename=\"_.pdf\""},
	    {"100%", "X:; filename=\"100%\""},
	    {"a\\b", "X:; filename*=UTF-8''a%5Cb; filename=\"a_b\""},
	    {"=?utf-8?Q?a?=", "X:; filename*=UTF-8''%3D%3Futf-8%3FQ%3Fa%3F%3D; "
			      "filename=\"=_utf-8_Q_a_=\""},
	    {"123456789 123456789 123456789 123456789 123456789 123456789 "
	     "123456789.pdf",
		"X:;\r\n filename*0*=UTF-8''123456789%20123456789%20123456789"
		"%20123456789%20123456789;\r\n"
		" filename*1*=%20123456789%20123456789.pdf;\r\n"
		" filename=\"123456789 123456789 123456789 126789.pdf\""},
	    {"日本語日本語日本",
		"X:; filename*0*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E%E6%97%A5"
		"%E6%9C%AC%E8%AA%9E;\r\n"
		" filename*1*=%E6%97%A5%E6%9C%AC; filename=\"________\""},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 4096);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct fold f = {.out = &out};

		buf_reset(&out);
		fold_add(&f, STR("X:"));
		parameter_write(&f, "filename", str_of(rows[i].value));
		if (!str_eq(buf_view(&out), str_of(rows[i].want)))
			fail_msg("%s: %s", rows[i].value, buf_cstr(&out));
	}
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_look_like_this),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
