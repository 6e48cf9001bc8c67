/* Which route answers what: literal paths, parameters, strange ones. */
#include "api/dispatch.h"
#include "api/url.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
handle(struct request *q)
{
	(void)q;
}

static const struct route things[] = {
    {METHOD_GET, "/v1/things", handle, ACCESS_READ, PAYLOAD_NONE, NULL, NULL},
    {METHOD_POST, "/v1/things", handle, ACCESS_WRITE, PAYLOAD_JSON, NULL, NULL},
    {METHOD_GET, "/v1/things/{id}", handle, ACCESS_READ, PAYLOAD_NONE, "limit",
	NULL},
    {METHOD_POST, "/v1/things/{id}/start", handle, ACCESS_WRITE, PAYLOAD_NONE,
	NULL, NULL},
    {0},
};
static const struct route others[] = {
    {METHOD_GET, "/o/{token}.gif", handle, ACCESS_NONE, PAYLOAD_NONE, NULL,
	NULL},
    {METHOD_DELETE, "/v1/people/{email}", handle, ACCESS_ADMIN, PAYLOAD_NONE,
	NULL, NULL},
    {0},
};
static const struct route *const tables[] = {things, others, NULL};

static const struct {
	const char *label;
	enum method method;
	const char *path;
	const struct route *route; /* NULL: not found */
	const char *param;         /* NULL: none */
} cases[] = {
    {"literal", METHOD_GET, "/v1/things", &things[0], NULL},
    {"by method", METHOD_POST, "/v1/things", &things[1], NULL},
    {"an id", METHOD_GET, "/v1/things/7", &things[2], "7"},
    {"the greatest id", METHOD_GET, "/v1/things/9223372036854775807",
	&things[2], "9223372036854775807"},
    {"too great", METHOD_GET, "/v1/things/9223372036854775808", NULL, NULL},
    {"zero", METHOD_GET, "/v1/things/0", NULL, NULL},
    {"negative", METHOD_GET, "/v1/things/-1", NULL, NULL},
    {"signed", METHOD_GET, "/v1/things/+1", NULL, NULL},
    {"leading zero", METHOD_GET, "/v1/things/07", NULL, NULL},
    {"blank", METHOD_GET, "/v1/things/7%20", NULL, NULL},
    {"encoded digit", METHOD_GET, "/v1/things/%37", NULL, NULL},
    {"words", METHOD_GET, "/v1/things/seven", NULL, NULL},
    {"no id", METHOD_GET, "/v1/things/", NULL, NULL},
    {"slash at the end", METHOD_GET, "/v1/things/7/", NULL, NULL},
    {"two slashes", METHOD_GET, "/v1//things", NULL, NULL},
    {"behind an id", METHOD_POST, "/v1/things/7/start", &things[3], "7"},
    {"too long", METHOD_POST, "/v1/things/7/start/now", NULL, NULL},
    {"too short", METHOD_GET, "/v1", NULL, NULL},
    {"root", METHOD_GET, "/", NULL, NULL},
    {"nothing", METHOD_GET, "", NULL, NULL},
    {"other case", METHOD_GET, "/V1/things", NULL, NULL},
    {"dots are no way up", METHOD_GET, "/v1/things/../things", NULL, NULL},
    {"tail", METHOD_GET, "/o/abc.gif", &others[0], "abc"},
    {"tail missing", METHOD_GET, "/o/abc", NULL, NULL},
    {"only the tail", METHOD_GET, "/o/.gif", NULL, NULL},
    {"address", METHOD_DELETE, "/v1/people/a@example.com", &others[1],
	"a@example.com"},
    {"encoded", METHOD_DELETE, "/v1/people/a%2Bb%40example.com", &others[1],
	"a+b@example.com"},
    {"a plus is a plus", METHOD_DELETE, "/v1/people/a+b@example.com",
	&others[1], "a+b@example.com"},
    {"encoded slash", METHOD_DELETE, "/v1/people/a%2fb", &others[1], "a/b"},
    {"encoded NUL", METHOD_DELETE, "/v1/people/a%00b", NULL, NULL},
    {"encoded CR LF", METHOD_DELETE, "/v1/people/a%0d%0ab", NULL, NULL},
    {"half an escape", METHOD_DELETE, "/v1/people/a%4", NULL, NULL},
    {"no hex", METHOD_DELETE, "/v1/people/a%zz", NULL, NULL},
    {"not UTF-8", METHOD_DELETE, "/v1/people/%ff", NULL, NULL},
    {"overlong slash", METHOD_DELETE, "/v1/people/%c0%af", NULL, NULL},
};

static void
matches(void **state)
{
	struct route_match m;
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a, 1U << 20);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].label);
		(void)route_find(tables, cases[i].method, str_of(cases[i].path),
		    &a, &m);
		assert_ptr_equal(m.route, cases[i].route);
		if (cases[i].param != NULL)
			assert_true(
			    str_eq(m.params[0], str_of(cases[i].param)));
		arena_reset(&a);
	}
	arena_release(&a);
}

static void
wrong_method(void **state)
{
	struct route_match m;
	struct arena a;

	(void)state;
	arena_init(&a, 1U << 20);
	assert_int_equal(
	    route_find(tables, METHOD_PUT, STR("/v1/things"), &a, &m),
	    ROUTE_WRONG_METHOD);
	assert_true(
	    str_eq(route_allowed(&a, m.allowed), STR("GET, HEAD, POST")));
	assert_int_equal(
	    route_find(tables, METHOD__COUNT, STR("/v1/things/1"), &a, &m),
	    ROUTE_WRONG_METHOD);
	assert_true(str_eq(route_allowed(&a, m.allowed), STR("GET, HEAD")));
	assert_int_equal(
	    route_find(tables, METHOD_PUT, STR("/v1/nothing"), &a, &m),
	    ROUTE_NOT_FOUND);
	arena_release(&a);
}

static void
names(void **state)
{
	enum access access;
	enum method m;

	(void)state;
	assert_int_equal(method_parse(STR("HEAD")), METHOD_GET);
	assert_int_equal(method_parse(STR("get")), METHOD__COUNT);
	assert_int_equal(method_parse(STR("")), METHOD__COUNT);
	for (m = METHOD_GET; m < METHOD__COUNT; m++)
		assert_int_equal(method_parse(str_of(method_name(m))), m);
	assert_true(access_parse(STR("write"), &access));
	assert_int_equal(access, ACCESS_WRITE);
	assert_false(access_parse(STR("root"), &access));
}

static void
queries(void **state)
{
	struct request q;

	(void)state;
	request_start(&q, NULL);
	assert_true(url_query(&q, STR("a=1&b=x+y%2B&&c&d=%c3%bc=")));
	assert_int_equal(q.query_count, 4);
	assert_true(str_eq(request_query(&q, "a"), STR("1")));
	assert_true(str_eq(request_query(&q, "b"), STR("x y+")));
	assert_int_equal(request_query(&q, "c").n, 0);
	assert_non_null(request_query(&q, "c").p);
	assert_true(str_eq(request_query(&q, "d"), STR("\xc3\xbc=")));
	assert_null(request_query(&q, "e").p);
	assert_false(url_query(&q, STR("a=%0a")));
	assert_false(url_query(&q, STR("%=1")));
	request_end(&q);
}

static void
encoding(void **state)
{
	struct buf out;
	struct arena a;
	struct str back;

	(void)state;
	buf_init(&out, 100);
	arena_init(&a, 1000);
	url_encode(&out, STR("a b/\xc3\xbc~?"));
	assert_string_equal(buf_cstr(&out), "a%20b%2F%C3%BC~%3F");
	assert_true(url_decode(&a, buf_view(&out), false, &back));
	assert_true(str_eq(back, STR("a b/\xc3\xbc~?")));
	arena_release(&a);
	buf_release(&out);
}

/* Every table that is served: what dispatch takes for granted. */
/* Whoever may read may also have something shown, and end their own sessions. */
static bool
changes_nothing_of_others(const char *pattern)
{
	return strstr(pattern, "render") || strstr(pattern, "preview") ||
	       strncmp(pattern, "/v1/session", 11) == 0;
}

static void
real_tables(void **state)
{
	const struct route *const *t;
	const struct route *r;

	(void)state;
	for (t = route_tables; *t != NULL; t++)
		for (r = *t; r->pattern != NULL; r++) {
			print_message("%s\n", r->pattern);
			assert_non_null(r->handle);
			assert_int_equal(r->payload == PAYLOAD_UPLOAD,
			    r->upload != NULL);
			if (r->method == METHOD_GET)
				assert_int_equal(r->payload, PAYLOAD_NONE);
			if (strncmp(r->pattern, "/v1/", 4) == 0 &&
			    r->access == ACCESS_NONE)
				assert_string_equal(r->pattern, "/v1/session");
			if (r->method != METHOD_GET && r->access == ACCESS_READ)
				assert_true(
				    changes_nothing_of_others(r->pattern));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(matches),
	    cmocka_unit_test(wrong_method),
	    cmocka_unit_test(names),
	    cmocka_unit_test(queries),
	    cmocka_unit_test(encoding),
	    cmocka_unit_test(real_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
