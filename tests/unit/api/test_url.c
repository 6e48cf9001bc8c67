/* Goal: a browser is sent to the host that a target names, or nowhere. */
#include "api/url.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* location NULL: refused. */
static const struct {
	const char *target, *location;
} targets[] = {
    {"https://a.example/", "https://a.example/"},
    {"http://a.example", "http://a.example"},
    {"HTTPS://a.example:8443/x?y=1&z=2#f",
	"HTTPS://a.example:8443/x?y=1&z=2#f"},
    {"https://a.example/a b\"<>", "https://a.example/a%20b%22%3C%3E"},
    {"https://a.example/\303\274", "https://a.example/%C3%BC"},
    {"https://a.example/100%", "https://a.example/100%"},
    {"https://a.example/%2F", "https://a.example/%2F"},
    {"https://a.example?u=\\", "https://a.example?u=%5C"},
    {"https://[::1]/", "https://[::1]/"},
    {"", NULL},
    {"a.example", NULL},
    {"//a.example", NULL},
    {"/a", NULL},
    {"https:", NULL},
    {"https:a.example", NULL},
    {"https:/a.example", NULL},
    {"https://", NULL},
    {"https:///a.example", NULL},
    {"https://?a.example", NULL},
    {"https://:80/", NULL},
    {"https://@a.example/", NULL},
    {"https://a.example@", NULL},
    {"https://a.example\\@b.example/", NULL},
    {"https:\\\\a.example", NULL},
    {"https://a b.example/", NULL},
    {" https://a.example", NULL},
    {"https://a.example/\r\nX: y", NULL},
    {"https://a.example/\t", NULL},
    {"javascript://a.example/%0aalert(1)", NULL},
    {"ftp://a.example/", NULL},
    {"data:text/html,x://y", NULL},
    {"xhttps://a.example", NULL},
};

static void
locations(void **state)
{
	struct buf out;
	size_t i;
	bool ok;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < ARRAY_LEN(targets); i++) {
		buf_reset(&out);
		ok = url_location(&out, str_of(targets[i].target));
		if (ok != (targets[i].location != NULL) ||
		    (ok &&
			!str_eq(buf_view(&out), str_of(targets[i].location))))
			fail_msg("%s: %d %s", targets[i].target, ok,
			    buf_cstr(&out));
	}
	buf_release(&out);
}

/* What does not fit is refused, never cut. */
static void
a_long_one(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 20);
	assert_true(url_location(&out, STR("https://a.example/12")));
	buf_reset(&out);
	assert_false(url_location(&out, STR("https://a.example/123")));
	buf_release(&out);
}

static void
one_more_parameter(void **state)
{
	static const struct {
		const char *url, *want;
	} rows[] = {
	    {"https://a.test", "https://a.test?k=v"},
	    {"https://a.test/", "https://a.test/?k=v"},
	    {"https://a.test/?", "https://a.test/?k=v"},
	    {"https://a.test/?a=1", "https://a.test/?a=1&k=v"},
	    {"https://a.test/?a=1&", "https://a.test/?a=1&k=v"},
	    {"https://a.test/#top", "https://a.test/?k=v#top"},
	    {"https://a.test/?a#b?c", "https://a.test/?a&k=v#b?c"},
	};
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a, 4096);
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (!str_eq(url_with(&a, str_of(rows[i].url), "k", "v"),
			str_of(rows[i].want)))
			fail_msg("%s", rows[i].url);
	/* what is refused without it is refused with it */
	assert_int_equal(
	    url_with(&a, (struct str){"https://a.test/\0b", 17}, "k", "v").n,
	    21);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(locations),
	    cmocka_unit_test(a_long_one),
	    cmocka_unit_test(one_more_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
