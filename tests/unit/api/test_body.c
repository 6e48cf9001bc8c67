/* Typed reading of JSON: what is taken, what is said about the rest. */
#include "api/body.h"

#include "api/problem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct route route = {.method = METHOD_POST,
    .pattern = "/test",
    .payload = PAYLOAD_JSON};
static const struct route optional = {.method = METHOD_POST,
    .pattern = "/test",
    .payload = PAYLOAD_JSON_OPTIONAL};

static struct body
given(struct request *q, struct str text)
{
	request_start(q, NULL);
	q->route = &route;
	buf_str(&q->body, text);
	return body_open(q);
}

/* The answer's "errors" as "field: detail\n..." */
static const char *
complaints(struct request *q)
{
	json_t *doc, *errors, *e;
	struct buf out;
	size_t i;
	char *text;

	doc = json_loadb(q->reply.body.p, q->reply.body.n, 0, NULL);
	assert_non_null(doc);
	errors = json_object_get(doc, "errors");
	buf_init(&out, 10000);
	for (i = 0; i < json_array_size(errors); i++) {
		e = json_array_get(errors, i);
		buf_printf(&out, "%s: %s\n",
		    json_string_value(json_object_get(e, "field")),
		    json_string_value(json_object_get(e, "detail")));
	}
	text = arena_cstr(&q->arena, buf_view(&out));
	buf_release(&out);
	json_decref(doc);
	return text;
}

static void
good(void **state)
{
	const struct str *words;
	const int64_t *ids;
	struct request q;
	struct body b;
	size_t n;

	(void)state;
	b = given(&q,
	    STR("{\"name\":\"J\xc3\xbcrgen\",\"port\":25,\"on\":false,"
		"\"tls\":\"starttls\",\"ids\":[3,1],\"words\":[\"a\",\"\"],"
		"\"at\":\"2026-12-01T09:00:00+01:00\",\"none\":null,"
		"\"mail\":\"Ann@EXAMPLE.com\",\"data\":{\"x\":[1,19.99,{}]}}"));
	assert_true(str_eq(body_text(&b, "name", BODY_REQUIRED | BODY_LINE, 7),
	    STR("J\xc3\xbcrgen")));
	assert_int_equal(body_int(&b, "port", 0, 1, 65535, 0), 25);
	assert_false(body_bool(&b, "on", 0, true));
	assert_true(str_eq(body_choice(&b, "tls", 0, "none starttls", NULL),
	    STR("starttls")));
	ids = body_ids(&b, "ids", 0, &n);
	assert_int_equal(n, 2);
	assert_int_equal(ids[0], 3);
	words = body_texts(&b, "words", 0, 10, &n);
	assert_int_equal(n, 2);
	assert_int_equal(words[1].n, 0);
	assert_int_equal(body_time(&b, "at", 0), 1796112000000000);
	assert_true(body_is_null(&b, "none"));
	assert_false(body_has(&b, "none"));
	assert_null(body_text(&b, "none", BODY_NULL, 7).p);
	assert_true(
	    str_eq(body_address(&b, "mail", 0), STR("Ann@example.com")));
	assert_true(
	    str_eq(body_json(&b, "data", 0, 100), STR("{\"x\":[1,19.99,{}]}")));
	assert_int_equal(body_int(&b, "absent", 0, 1, 9, 5), 5);
	assert_true(body_bool(&b, "absent2", 0, true));
	assert_true(body_close(&b));
	assert_int_equal(q.reply.status, 0);
	request_end(&q);
}

static void
all_complaints_at_once(void **state)
{
	struct request q;
	struct body b;
	size_t n;

	(void)state;
	b = given(&q,
	    STR("{\"a\":1,\"b\":\"x\",\"c\":\"yes\",\"d\":\"tls\",\"e\":[0],"
		"\"f\":[1],\"g\":\"tomorrow\",\"h\":\"a@b@c\",\"i\":[],"
		"\"j\":\"toolong\",\"k\":\"a\\nb\",\"l\":null,\"m\":70000,"
		"\"n\":[1,1],\"o\":1.0,\"zz\":1}"));
	assert_null(body_text(&b, "a", 0, 10).p);
	assert_int_equal(body_int(&b, "b", 0, 0, 9, 3), 3);
	assert_true(body_bool(&b, "c", 0, true));
	assert_null(body_choice(&b, "d", 0, "none starttls", NULL).p);
	assert_null(body_ids(&b, "e", 0, &n));
	assert_null(body_texts(&b, "f", 0, 9, &n));
	assert_int_equal(body_time(&b, "g", 0), INT64_MIN);
	assert_null(body_address(&b, "h", 0).p);
	assert_null(body_json(&b, "i", 0, 9).p);
	assert_null(body_text(&b, "j", 0, 6).p);
	assert_null(body_text(&b, "k", BODY_LINE, 6).p);
	assert_null(body_text(&b, "l", 0, 6).p);
	assert_int_equal(body_int(&b, "m", 0, 1, 65535, 7), 7);
	assert_null(body_ids(&b, "n", 0, &n));
	assert_int_equal(body_int(&b, "o", 0, 0, 9, 3), 3);
	assert_null(body_text(&b, "p", BODY_REQUIRED, 9).p);
	assert_false(body_close(&b));
	assert_int_equal(q.reply.status, 422);
	assert_string_equal(complaints(&q),
	    "a: must be a string\n"
	    "b: must be a whole number\n"
	    "c: must be true or false\n"
	    "d: must be one of: none starttls\n"
	    "e: item 1 must be a positive integer\n"
	    "f: item 1 must be a string\n"
	    "g: must be a time with its offset, as 2026-12-01T09:00:00Z\n"
	    "h: is no mail address: there is more than one '@'\n"
	    "i: must be an object\n"
	    "j: is longer than 6 bytes\n"
	    "k: has control characters in it\n"
	    "l: must be a string\n"
	    "m: must be 1 to 65535\n"
	    "n: item 2 must be there once only\n"
	    "o: must be a whole number\n"
	    "p: is required\n"
	    "zz: there is no such field\n");
	request_end(&q);
}

static void
nested(void **state)
{
	struct request q;
	struct body b, inner;

	(void)state;
	b = given(&q, STR("{\"from\":{\"name\":7,\"x\":1}}"));
	inner = body_object(&b, "from", BODY_REQUIRED);
	body_text(&inner, "name", 0, 10);
	body_text(&inner, "email", BODY_REQUIRED, 10);
	body_end(&inner, &b);
	assert_false(body_close(&b));
	assert_string_equal(complaints(&q), "from.name: must be a string\n"
					    "from.email: is required\n"
					    "from.x: there is no such field\n");
	request_end(&q);

	b = given(&q, STR("{}"));
	inner = body_object(&b, "from", 0);
	assert_null(body_text(&inner, "email", BODY_REQUIRED, 10).p);
	body_end(&inner, &b);
	assert_true(body_close(&b));
	request_end(&q);
}

static const struct {
	const char *label;
	struct str text;
	int status;
} broken[] = {
    {"nothing", {"", 0}, 400},
    {"blanks", {"  ", 2}, 400},
    {"cut short", {"{\"a\":", 5}, 400},
    {"two values", {"{}{}", 4}, 400},
    {"not UTF-8", {"{\"a\":\"\xff\"}", 9}, 400},
    {"surrogate", {"{\"a\":\"\\ud800\"}", 14}, 400},
    {"escaped NUL", {"{\"a\":\"\\u0000\"}", 14}, 400},
    {"raw NUL", {"{\"a\":\"\0\"}", 9}, 400},
    {"raw control", {"{\"a\":\"\n\"}", 9}, 400},
    {"number too great", {"{\"a\":99999999999999999999}", 26}, 400},
    {"array", {"[]", 2}, 422},
    {"string", {"\"a\"", 3}, 422},
    {"null", {"null", 4}, 422},
    {"field twice", {"{\"a\":1,\"a\":1}", 13}, 422},
};

static void
broken_json(void **state)
{
	struct request q;
	struct body b;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(broken); i++) {
		print_message("%s\n", broken[i].label);
		b = given(&q, broken[i].text);
		assert_null(body_text(&b, "a", BODY_REQUIRED, 10).p);
		assert_false(body_close(&b));
		assert_int_equal(q.reply.status, broken[i].status);
		request_end(&q);
	}
}

static void
deep(void **state)
{
	struct request q;
	struct body b;
	struct buf text;
	int i;

	(void)state;
	buf_init(&text, 100000);
	buf_puts(&text, "{\"a\":");
	for (i = 0; i < 2000; i++)
		buf_puts(&text, "{\"a\":");
	buf_puts(&text, "1");
	for (i = 0; i < 2001; i++)
		buf_char(&text, '}');
	b = given(&q, buf_view(&text));
	assert_null(body_json(&b, "a", 0, 100000).p);
	assert_false(body_close(&b));
	assert_int_equal(q.reply.status, 422);
	request_end(&q);

	buf_reset(&text); /* deeper than jansson goes */
	for (i = 0; i < 40000; i++)
		buf_char(&text, '[');
	b = given(&q, buf_view(&text));
	assert_false(body_close(&b));
	assert_int_equal(q.reply.status, 400);
	request_end(&q);
	buf_release(&text);
}

static void
optional_body(void **state)
{
	struct request q;
	struct body b;

	(void)state;
	request_start(&q, NULL);
	q.route = &optional;
	b = body_open(&q);
	assert_null(body_text(&b, "a", 0, 10).p);
	assert_true(body_close(&b));
	request_end(&q);
}

static void
objects(void **state)
{
	struct request q;
	struct body *rows;
	struct body b;
	size_t n;

	(void)state;
	b = given(&q, STR("{\"rows\":[{\"n\":1},{\"n\":\"x\",\"y\":2}]}"));
	rows = body_objects(&b, "rows", BODY_REQUIRED, &n);
	assert_int_equal(n, 2);
	assert_int_equal(body_int(&rows[0], "n", 0, 0, 9, 0), 1);
	assert_int_equal(body_int(&rows[1], "n", 0, 0, 9, 0), 0);
	body_end(&rows[0], &b);
	body_end(&rows[1], &b);
	assert_false(body_close(&b));
	assert_string_equal(complaints(&q),
	    "rows[1].n: must be a whole number\nrows[1].y: there is no such "
	    "field\n");
	request_end(&q);

	b = given(&q, STR("{\"rows\":[{},5]}"));
	assert_null(body_objects(&b, "rows", 0, &n));
	assert_int_equal(n, 0);
	assert_false(body_close(&b));
	assert_string_equal(complaints(&q), "rows: item 2 must be an object\n");
	request_end(&q);
}

static void
many_complaints(void **state)
{
	struct request q;
	struct body b;
	struct buf text;
	int i;

	(void)state;
	buf_init(&text, 100000);
	for (i = 0; i < 1000; i++)
		buf_printf(&text, "%c\"f%d\":1", i == 0 ? '{' : ',', i);
	buf_char(&text, '}');
	b = given(&q, buf_view(&text));
	assert_false(body_close(&b));
	assert_int_equal(json_array_size(q.errors), PROBLEM_FIELDS_MAX);
	request_end(&q);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good),
	    cmocka_unit_test(all_complaints_at_once),
	    cmocka_unit_test(nested),
	    cmocka_unit_test(broken_json),
	    cmocka_unit_test(deep),
	    cmocka_unit_test(optional_body),
	    cmocka_unit_test(objects),
	    cmocka_unit_test(many_complaints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
