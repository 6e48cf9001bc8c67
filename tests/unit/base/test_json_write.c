/* What is written parses, whatever it is given. */
#include "lib/base/json_write.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
nested(void **state)
{
	struct json_write j;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	json_write_init(&j, &out);
	json_write_open(&j, '{');
	json_write_key(&j, "ok");
	json_write_bool(&j, true);
	json_write_key(&j, "steps");
	json_write_open(&j, '[');
	json_write_open(&j, '{');
	json_write_member(&j, "name", STR("tls"));
	json_write_key(&j, "n");
	json_write_int(&j, -7);
	json_write_close(&j, '}');
	json_write_null(&j);
	json_write_raw(&j, STR("[1]"));
	json_write_open(&j, '[');
	json_write_close(&j, ']');
	json_write_close(&j, ']');
	json_write_member(&j, "last", STR_NONE);
	json_write_close(&j, '}');
	assert_string_equal(buf_cstr(&out),
	    "{\"ok\":true,\"steps\":[{\"name\":\"tls\",\"n\":-7},null,[1],[]],"
	    "\"last\":\"\"}");
	buf_release(&out);
}

static void
texts(void **state)
{
	static const struct {
		const char *label;
		struct str text;
		const char *json;
	} rows[] = {
	    {"plain", {"a b", 3}, "\"a b\""},
	    {"quotes", {"\"\\/", 3}, "\"\\\"\\\\/\""},
	    {"controls", {"\r\n\t\x01\x7f", 5}, "\"\\r\\n\\t\\u0001\x7f\""},
	    {"utf-8", {"\xc3\xbc\xf0\x9f\x8e\x89", 6},
		"\"\xc3\xbc\xf0\x9f\x8e\x89\""},
	    {"NUL", {"a\0b", 3},
		"\"a\xef\xbf\xbd"
		"b\""},
	    {"not UTF-8", {"\xff\xc3", 2}, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"cut short", {"\xf0\x9f", 2}, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	};
	struct json_write j;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		json_write_init(&j, &out);
		json_write_text(&j, rows[i].text);
		if (strcmp(buf_cstr(&out), rows[i].json) != 0)
			fail_msg("%s: %s", rows[i].label, buf_cstr(&out));
	}
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nested),
	    cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
