/* Cells as other programs read them, and never as formulas. */
#include "api/csv_write.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *cell, *written;
} cases[] = {
    {"", ""},
    {"plain", "plain"},
    {"a b", "a b"},
    {" a", "\" a\""},
    {"a,b", "\"a,b\""},
    {"a;b", "\"a;b\""},
    {"say \"x\"", "\"say \"\"x\"\"\""},
    {"a\nb", "\"a\nb\""},
    {"=1+1", "\"'=1+1\""},
    {"=\"x\"", "\"'=\"\"x\"\"\""},
    {"+1", "\"'+1\""},
    {"-1", "\"'-1\""},
    {"@x", "\"'@x\""},
    {"\t=x", "\"'\t=x\""},
    {"\r=x", "\"'\r=x\""},
    {"\n=x", "\"'\n=x\""},
    {"  =x", "\"'  =x\""},
    {"\xc2\xa0=x", "\"'\xc2\xa0=x\""},
    {" \xe3\x80\x80=x", "\"' \xe3\x80\x80=x\""},
    {"\xef\xbc\x9dx", "\"'\xef\xbc\x9dx\""},
    {"\xef\xbc\x8bx", "\"'\xef\xbc\x8bx\""},
    {"\xef\xbc\x8dx", "\"'\xef\xbc\x8dx\""},
    {"\xef\xbc\xa0x", "\"'\xef\xbc\xa0x\""},
    {"a=1", "a=1"},
    {"'=1", "'=1"},
    {"\xe2\x80\x94", "\xe2\x80\x94"},
};

static void
cells(void **state)
{
	struct csv_write w;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		buf_reset(&out);
		w = (struct csv_write){.out = &out};
		csv_write_text(&w, str_of(cases[i].cell));
		assert_string_equal(buf_cstr(&out), cases[i].written);
	}
	buf_release(&out);
}

static void
rows(void **state)
{
	struct csv_write w;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	w = (struct csv_write){.out = &out};
	csv_write_text(&w, STR("email"));
	csv_write_text(&w, STR(""));
	csv_write_plain(&w, STR("-1.5"));
	csv_write_end(&w);
	csv_write_text(&w, STR("x"));
	csv_write_end(&w);
	assert_string_equal(buf_cstr(&out), "email,,-1.5\r\nx\r\n");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cells),
	    cmocka_unit_test(rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
