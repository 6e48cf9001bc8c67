/* Goal: a form's field is found in both encodings, and nowhere else. */
#include "api/form.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define URLENCODED "application/x-www-form-urlencoded"
#define MULTIPART  "multipart/form-data; boundary=xYz"

struct row {
	const char *label, *type, *body, *wanted;
};

static void
check(const char *label, const char *type, struct str body, const char *wanted)
{
	struct arena a;
	struct str got;

	arena_init(&a, 1U << 20);
	got = form_field(&a, str_of(type), body, "scope");
	if ((got.p == NULL) != (wanted == NULL) ||
	    (wanted != NULL && !str_eq(got, str_of(wanted))))
		fail_msg("%s: got \"%.*s\"", label, STR_ARG(got));
	arena_release(&a);
}

static void
check_rows(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		check(rows[i].label, rows[i].type, str_of(rows[i].body),
		    rows[i].wanted);
}

static void
pairs_are_found(void **state)
{
	static const struct row rows[] = {
	    {"alone", URLENCODED, "scope=all", "all"},
	    {"no type", "", "scope=all", "all"},
	    {"with charset", URLENCODED "; charset=UTF-8", "scope=all", "all"},
	    {"type in capitals", "Application/X-WWW-Form-Urlencoded",
		"scope=all", "all"},
	    {"among others", URLENCODED, "a=1&scope=list&b=2", "list"},
	    {"the first counts", URLENCODED, "scope=1&scope=2", "1"},
	    {"empty", URLENCODED, "scope=", ""},
	    {"encoded", URLENCODED, "%73cope=a%20b+c%26", "a b c&"},
	    {"no value", URLENCODED, "scope", NULL},
	    {"another name", URLENCODED, "scopes=1&Scope=2", NULL},
	    {"cut off", URLENCODED, "scope=%4", NULL},
	    {"control bytes", URLENCODED, "scope=a%0d%0ab", NULL},
	    {"not UTF-8", URLENCODED, "scope=%ff", NULL},
	    {"nothing", URLENCODED, "", NULL},
	    {"of another type", "text/plain", "scope=all", NULL},
	    {"JSON", "application/json", "{\"scope\":\"all\"}", NULL},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

static void
parts_are_found(void **state)
{
	static const struct row rows[] = {
	    {"multipart", MULTIPART,
		"--xYz\r\nContent-Disposition: form-data; name=\"scope\"\r\n"
		"\r\nall\r\n--xYz--\r\n",
		"all"},
	    {"multipart with preamble", MULTIPART,
		"hello\r\n--xYz\r\nContent-Disposition: form-data; "
		"name=scope\r\nContent-Type: text/plain\r\n\r\nall\r\n"
		"--xYz--",
		"all"},
	    {"second part", MULTIPART,
		"--xYz\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n"
		"1\r\n--xYz\r\ncontent-disposition: form-data; "
		"NAME=\"scope\"\r\n\r\n2\r\n--xYz--\r\n",
		"2"},
	    {"bare line feeds", MULTIPART,
		"--xYz\nContent-Disposition: form-data; name=\"scope\"\n\n"
		"all\n--xYz--\n",
		"all"},
	    {"empty part", MULTIPART,
		"--xYz\r\nContent-Disposition: form-data; name=\"scope\"\r\n"
		"\r\n\r\n--xYz--\r\n",
		""},
	    {"quoted boundary", "multipart/form-data; boundary=\"x y\"",
		"--x y\r\nContent-Disposition: form-data; name=\"scope\"\r\n"
		"\r\nall\r\n--x y--\r\n",
		"all"},
	    {"never closed", MULTIPART,
		"--xYz\r\nContent-Disposition: form-data; name=\"scope\"\r\n"
		"\r\nall",
		NULL},
	    {"lines in the value", MULTIPART,
		"--xYz\r\nContent-Disposition: form-data; name=\"scope\"\r\n"
		"\r\na\r\nb\r\n--xYz--",
		NULL},
	    {"a part without a name", MULTIPART,
		"--xYz\r\nContent-Type: text/plain\r\n\r\nscope\r\n--xYz--",
		NULL},
	    {"a part without an end of its header", MULTIPART,
		"--xYz\r\nContent-Disposition: form-data; name=\"scope\"\r\n"
		"--xYz--",
		""},
	    {"another boundary", MULTIPART,
		"--abc\r\nContent-Disposition: form-data; name=\"scope\"\r\n"
		"\r\nall\r\n--abc--\r\n",
		NULL},
	    {"no boundary", "multipart/form-data", "--\r\n\r\nall\r\n--", NULL},
	    {"empty boundary", "multipart/form-data; boundary=",
		"--\r\nContent-Disposition: form-data; name=\"scope\"\r\n\r\n"
		"all\r\n--",
		NULL},
	    {"nothing in parts", MULTIPART, "", NULL},
	};

	(void)state;
	check_rows(rows, ARRAY_LEN(rows));
}

static void
any_cut_is_survived(void **state)
{
	static const char body[] =
	    "--xYz\r\nContent-Disposition: form-data; name=\"scope\"\r\n\r\n"
	    "all\r\n--xYz--\r\n";
	struct arena a;
	struct str got;
	size_t n, found = 0;

	(void)state;
	for (n = 0; n < sizeof(body); n++) {
		arena_init(&a, 1U << 20);
		got = form_field(&a, STR(MULTIPART), (struct str){body, n},
		    "scope");
		found += got.p != NULL;
		assert_true(got.p == NULL || str_eq(got, STR("all")));
		arena_release(&a);
	}
	/* once the delimiter behind it is there, and its last bytes cut */
	assert_int_equal(found, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pairs_are_found),
	    cmocka_unit_test(parts_are_found),
	    cmocka_unit_test(any_cut_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
