/* Files as contacts-to-be: what a row says, and why it is refused. */
#include "api/import_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static int
file_of(const char *text)
{
	int fd = memfd_create("import", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static struct import_options options; /* all detected, unless a test says */

/* "line address name attributes" or "line!fault [value]", a row a line. */
static void
describe(const char *text, enum import_format format, struct buf *out)
{
	struct import_source *s;
	struct import_row row;
	struct err err;
	int fd = file_of(text);

	buf_reset(out);
	if (!import_source_open(&s, fd, format, &options, &err)) {
		buf_printf(out, "%s: %s", fail_name(err.kind), err.text);
		close(fd);
		return;
	}
	while (import_source_next(s, &row, &err) == IMPORT_ROW) {
		buf_printf(out, "%lld", (long long)row.line);
		if (row.fault[0] != '\0')
			buf_printf(out, "!%s [%.*s]\n", row.fault,
			    STR_ARG(row.value));
		else
			buf_printf(out, " %s|%.*s|%.*s\n", row.address.text,
			    STR_ARG(row.name), STR_ARG(row.attributes));
	}
	assert_int_equal(import_source_offset(s), strlen(text));
	import_source_free(s);
	close(fd);
}

static const struct {
	const char *label, *text, *rows;
} csv[] = {
    {"plain", "email,name,city\nAnn@EXAMPLE.com,Ann,K\xc3\xb6ln\n",
	"2 Ann@example.com|Ann|{\"city\":\"K\xc3\xb6ln\"}\n"},
    {"any order, any case of the known",
	"City,NAME,E-Mail,EMail\nParis,Bob,x,b@example.com\n",
	"2 b@example.com|Bob|{\"City\":\"Paris\",\"E-Mail\":\"x\"}\n"},
    {"email alone", "email\na@example.com\n\nb@example.com\n",
	"2 a@example.com||{}\n4 b@example.com||{}\n"},
    {"empty cells say nothing", "email,name,a,b\na@example.com,,,1\n",
	"2 a@example.com||{\"b\":\"1\"}\n"},
    {"cells are data", "email,a,b,c,d\na@example.com,=1+1,@x,+1,-2\n",
	"2 "
	"a@example.com||{\"a\":\"=1+1\",\"b\":\"@x\",\"c\":\"+1\",\"d\":\"-2\"}"
	"\n"},
    {"what JSON escapes", "email,a\na@example.com,\"x\"\"\\\n\ty\"\n",
	"2 a@example.com||{\"a\":\"x\\\"\\\\\\n\\ty\"}\n"},
    {"too few, too many", "email,a\na@example.com\nb@example.com,1,2\n",
	"2!1 fields, the header has 2 [a@example.com]\n"
	"3!3 fields, the header has 2 [b@example.com,1,2]\n"},
    {"no address", "email,name\n,Ann\nbad,Bob\na@b@c,C\n",
	"2!email: the address is empty []\n3!email: there is no '@' [bad]\n"
	"4!email: there is more than one '@' [a@b@c]\n"},
    {"not UTF-8", "email,name\na@example.com,\xff\nb@example.com,B\n",
	"2!name: is not UTF-8 [\xff]\n3 b@example.com|B|{}\n"},
    {"name of two lines",
	"email,name\na@example.com,\"x\nBcc: y\"\nb@example.com,B\n",
	"2!name: has control characters in it [x\nBcc: y]\n"
	"4 b@example.com|B|{}\n"},
    {"name with a Unicode line end",
	"email,name\na@example.com,x\xe2\x80\xa8y\n",
	"2!name: has control characters in it [x\xe2\x80\xa8y]\n"},
    {"nothing", "", "input: the file is empty"},
    {"only blank lines", "\n \n", "input: the file is empty"},
    {"only a header", "email,name\n", ""},
    {"no email", "name,city\nx,y\n",
	"input: the header has no column \"email\""},
    {"column twice", "email,city,city\n",
	"input: the header has \"city\" twice"},
    {"email twice", "email,Email\n", "input: the header has \"email\" twice"},
    {"column without a name", "email,,x\n",
	"input: column 2 of the header has no name"},
    {"header not UTF-8", "email,\xff\n",
	"input: the name of column 2 is not UTF-8 text"},
    {"no text", "\xff\xfe", "input: the name of column 1 is not UTF-8 text"},
    {"pipes", "email|a,b;c|d\na@example.com|1|2\n",
	"2 a@example.com||{\"a,b;c\":\"1\",\"d\":\"2\"}\n"},
    {"delimiters in quotes do not count", "\"a,b,c\";email\n1;a@example.com\n",
	"2 a@example.com||{\"a,b,c\":\"1\"}\n"},
    {"quote open in the header", "\"email,name\na@example.com,A\n",
	"input: the header: a quote is not closed"},
};

static const struct {
	const char *label, *text, *rows;
} ndjson[] = {
    {"plain",
	"{\"email\":\"Ann@EXAMPLE.com\",\"name\":\"Ann\",\"attributes\":{\"n\":"
	"1}}\n",
	"1 Ann@example.com|Ann|{\"n\":1}\n"},
    {"other members",
	"{\"email\":\"a@example.com\",\"city\":\"x\",\"attributes\":{\"n\":[1]}"
	"}\r\n",
	"1 a@example.com||{\"city\":\"x\",\"n\":[1]}\n"},
    {"blank lines", "\n\n{\"email\":\"a@example.com\",\"name\":null}",
	"3 a@example.com||{}\n"},
    {"nothing", "", ""},
    {"not JSON", "{\"email\":\n{\"email\":\"a@example.com\"}\n",
	"1!is not JSON: column 9: unexpected token near end of file "
	"[{\"email\":]\n2 a@example.com||{}\n"},
    {"no object", "[]\n", "1!is no JSON object [[]]\n"},
    {"no email", "{}\n", "1!email: the address is empty [{}]\n"},
    {"email no string", "{\"email\":1}\n",
	"1!email: is no string [{\"email\":1}]\n"},
    {"attributes no object",
	"{\"email\":\"a@example.com\",\"attributes\":[]}\n",
	"1!attributes: is no object "
	"[{\"email\":\"a@example.com\",\"attributes\":[]}]\n"},
    {"member twice", "{\"email\":\"a@example.com\",\"a\":1,\"a\":2}\n",
	"1!is not JSON: column 34: duplicate object key near '\"a\"' "
	"[{\"email\":\"a@example.com\",\"a\":1,\"a\":2}]\n"},
    {"NUL", "{\"email\":\"a@example.com\",\"a\":\"\\u0000\"}\n",
	"1!is not JSON: column 37: a NUL is not allowed "
	"[{\"email\":\"a@example.com\",\"a\":\"\\u0000\"}]\n"},
};

static void
csv_rows(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 10000);
	for (i = 0; i < ARRAY_LEN(csv); i++) {
		print_message("%s\n", csv[i].label);
		describe(csv[i].text, IMPORT_CSV, &out);
		assert_string_equal(buf_cstr(&out), csv[i].rows);
	}
	buf_release(&out);
}

static void
ndjson_rows(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 10000);
	for (i = 0; i < ARRAY_LEN(ndjson); i++) {
		print_message("%s\n", ndjson[i].label);
		describe(ndjson[i].text, IMPORT_NDJSON, &out);
		assert_string_equal(buf_cstr(&out), ndjson[i].rows);
	}
	buf_release(&out);
}

static void
limits(void **state)
{
	struct buf text, out;
	int i;

	(void)state;
	buf_init(&text, 1U << 20);
	buf_init(&out, 1U << 20);
	buf_puts(&text, "email,name,a,b\na@example.com,");
	for (i = 0; i < 201; i++)
		buf_char(&text, 'n');
	buf_puts(&text, ",,\nb@example.com,,");
	for (i = 0; i < 40000; i++)
		buf_char(&text, 'x');
	buf_char(&text, ',');
	for (i = 0; i < 40000; i++)
		buf_char(&text, 'y');
	buf_puts(&text, "\nc@example.com,,,\n");
	describe(buf_cstr(&text), IMPORT_CSV, &out);
	assert_non_null(strstr(out.p, "2!name: is longer than 200 bytes ["));
	assert_non_null(
	    strstr(out.p, "3!the attributes are longer than 65536 bytes ["));
	assert_non_null(strstr(out.p, "4 c@example.com||{}\n"));

	buf_reset(&text);
	buf_puts(&text, "{\"email\":\"a@example.com\",\"a\":");
	for (i = 0; i < 100; i++)
		buf_char(&text, '[');
	for (i = 0; i < 100; i++)
		buf_char(&text, ']');
	buf_puts(&text, "}\n");
	describe(buf_cstr(&text), IMPORT_NDJSON, &out);
	assert_non_null(strstr(out.p, "1!is nested more than 24 deep ["));
	buf_release(&text);
	buf_release(&out);
}

static const struct {
	const char *label, *options, *text, *rows;
} chosen[] = {
    {"columns",
	"{\"columns\":{\"E-Mail\":\"email\",\"Who\":\"name\",\"x\":null,"
	"\"y\":\"z\"}}",
	"E-Mail,Who,x,y,k\na@example.com,Ann,1,2,3\n",
	"2 a@example.com|Ann|{\"z\":\"2\",\"k\":\"3\"}\n"},
    {"types",
	"{\"columns\":{\"n\":{\"name\":\"n\",\"type\":\"number\"},"
	"\"b\":{\"name\":\"b\",\"type\":\"boolean\"},"
	"\"d\":{\"name\":\"d\",\"type\":\"date\"}}}",
	"email,n,b,d\na@example.com, -1.50e2 ,YES,2026-12-01\n"
	"b@example.com,,,\nc@example.com,007,,\nd@example.com,,2,\n"
	"e@example.com,,,1.12.2026\nf@example.com,1e999,,\n"
	"g@example.com,\"1,5\",,\nh@example.com,0,off,2026-12-01T10:00:00Z\n",
	"2 a@example.com||{\"n\":-1.50e2,\"b\":true,\"d\":\"2026-12-01\"}\n"
	"3 b@example.com||{}\n"
	"4!n: is no number like 1234.5 [007]\n"
	"5!b: is neither true nor false [2]\n"
	"6!d: is no date like 2026-12-01 [1.12.2026]\n"
	"7!n: is no number like 1234.5 [1e999]\n"
	"8!n: is no number like 1234.5 [1,5]\n"
	"9 h@example.com||{\"n\":0,\"b\":false,"
	"\"d\":\"2026-12-01T10:00:00Z\"}\n"},
    {"two that become one", "{\"columns\":{\"a\":\"b\"}}", "email,a,b\n",
	"input: the header has \"b\" twice"},
    {"one that is not there", "{\"columns\":{\"q\":\"b\"}}", "email,a\n",
	"input: the header has no column \"q\""},
    {"the address is not taken", "{\"columns\":{\"email\":null}}", "email,a\n",
	"input: the header has no column \"email\""},
    {"delimiter", "{\"delimiter\":\"semicolon\"}",
	"email;a,b,c\na@example.com;1\n",
	"2 a@example.com||{\"a,b,c\":\"1\"}\n"},
};

static void
chosen_rows(void **state)
{
	struct buf out;
	struct err err;
	size_t i;

	(void)state;
	buf_init(&out, 1U << 20);
	for (i = 0; i < ARRAY_LEN(chosen); i++) {
		assert_true(import_options_parse(&options,
		    str_of(chosen[i].options), &err));
		describe(chosen[i].text, IMPORT_CSV, &out);
		import_options_release(&options);
		import_options_init(&options);
		if (strcmp(buf_cstr(&out), chosen[i].rows) != 0)
			fail_msg("%s: %s", chosen[i].label, buf_cstr(&out));
	}
	buf_release(&out);
}

static const struct {
	const char *json, *error;
} wrong[] = {
    {"{", "columns: is no JSON"},
    {"[]", "columns: is no JSON"},
    {"{\"x\":1}", "columns: is no JSON"},
    {"{\"columns\":[]}", "columns: must be an object"},
    {"{\"columns\":{\"a\":1}}",
	"columns: \"a\" must be a name of 1 to 100 bytes, null, or an object "
	"with name and type"},
    {"{\"columns\":{\"a\":\"\"}}",
	"columns: \"a\" must be a name of 1 to 100 bytes, null, or an object "
	"with name and type"},
    {"{\"columns\":{\"a\":{\"name\":\"b\",\"more\":1}}}",
	"columns: \"a\" must be a name of 1 to 100 bytes, null, or an object "
	"with name and type"},
    {"{\"columns\":{\"a\":{\"name\":\"b\",\"type\":\"int\"}}}",
	"columns: the type of \"a\" must be one of: text number boolean date "
	"object status"},
    {"{\"delimiter\":\",\"}",
	"delimiter: must be one of: comma semicolon tab pipe"},
    {"{\"encoding\":\"ebcdic\"}",
	"encoding: must be one of: detect utf-8 utf-16le utf-16be "
	"windows-1252"},
};

static void
wrong_options(void **state)
{
	struct import_options o;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_false(
		    import_options_parse(&o, str_of(wrong[i].json), &err));
		assert_string_equal(err.text, wrong[i].error);
	}
}

static void
skipping(void **state)
{
	struct import_source *s;
	struct import_row row;
	struct err err;
	int fd =
	    file_of("email\nbad\n\na@example.com\n\"open\nb@example.com\n");

	(void)state;
	assert_true(import_source_open(&s, fd, IMPORT_CSV, &options, &err));
	assert_true(import_source_skip(s, 3, &err));
	assert_int_equal(import_source_next(s, &row, &err), IMPORT_ROW);
	assert_int_equal(row.line, 6);
	assert_string_equal(row.address.text, "b@example.com");
	assert_false(import_source_skip(s, 1, &err));
	assert_int_equal(err.kind, FAIL_INPUT);
	import_source_free(s);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(csv_rows),
	    cmocka_unit_test(ndjson_rows),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(chosen_rows),
	    cmocka_unit_test(wrong_options),
	    cmocka_unit_test(skipping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
