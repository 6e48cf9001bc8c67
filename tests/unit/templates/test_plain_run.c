/* Goal: runs found sixteen bytes at a time are those found one by one,
 * whatever the bytes and wherever they begin and end. */
#include "templates/liquid/plain_run.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LENGTH_MAX 70

static size_t
slow_json(const char *p, size_t n, bool *high)
{
	size_t i;

	for (i = 0; i < n && p[i] != '"' && p[i] != '\\' &&
		    (unsigned char)p[i] >= 0x20;
	     i++)
		*high |= (unsigned char)p[i] >= 0x80;
	return i;
}

static size_t
slow_html(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (p[i] == '\0' || strchr("&<>\"'", p[i]) == NULL))
		i++;
	return i;
}

static bool
url_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("./-?_=", c) != NULL);
}

static void
check(const char *p, size_t n)
{
	bool high = false, expected = false;
	size_t i, run;

	run = plain_run_json(p, n, &high);
	assert_int_equal(run, slow_json(p, n, &expected));
	assert_int_equal(high, expected);
	assert_int_equal(plain_run_html(p, n), slow_html(p, n));
	run = plain_run_url(p, n);
	assert_true(run <= n);
	for (i = 0; i < run; i++)
		assert_true(url_byte(p[i]));
#ifdef __SSE2__
	if (n - run >= 16)
		assert_false(url_byte(p[run]));
#endif
}

/* Every byte at every place among letters. */
static void
test_each_byte(void **state)
{
	char text[LENGTH_MAX];
	int c;
	size_t at;

	(void)state;
	for (c = 0; c < 256; c++)
		for (at = 0; at < sizeof(text); at++) {
			memset(text, 'a', sizeof(text));
			text[at] = (char)c;
			check(text, sizeof(text));
		}
}

static void
test_random(void **state)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyz0123456789./-?_=\x80\xff&\"\\\x1f~";
	char text[LENGTH_MAX];
	uint32_t seed = 7;
	size_t k, n;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		n = (seed >> 16) % (sizeof(text) + 1);
		for (k = 0; k < n; k++) {
			seed = seed * 1103515245 + 12345;
			text[k] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		check(text, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_byte),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
