/* Goal: the engine agrees with golden-liquid on every group of cases whose
 * tags and filters it has.  The corpus lies beside the project
 * (VOLLEY_CORPORA, ../shared/corpora); without it this is skipped. */
#include "lib/base/file.h"
#include "tests/unit/templates/liquid_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CORPUS "liquid/golden_dev.json"

static const char *const groups[] = {"blank and empty", "filters/append",
    "filters/capitalize", "filters/date", "filters/default", "filters/downcase",
    "filters/escape", "filters/prepend", "filters/upcase", "filters/url encode",
    "identifiers", "illegal", "output", "range", "special", "tags/assign",
    "tags/capture", "tags/case", "tags/comment", "tags/cycle", "tags/decrement",
    "tags/doc", "tags/echo", "tags/for", "tags/if", "tags/ifchanged",
    "tags/increment", "tags/inline comment", "tags/liquid", "tags/raw",
    "tags/tablerow", "tags/unless", "whitespace control"};

/* What a case uses besides its group and the engine does not have yet. */
static const char *const missing[] = {"split", "plus", "join", "concat", "size",
    "map", "sort"};

static bool
in_scope(struct str group)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(groups); i++)
		if (str_eq(group, str_of(groups[i])))
			return true;
	return false;
}

static struct str
field(struct value test, const char *name)
{
	return value_text(value_member(test, str_of(name)));
}

/* Compiling fails because of a tag or filter that is still to come. */
static bool
still_to_come(const struct liquid_error *e)
{
	char text[64];
	size_t i;

	for (i = 0; i < ARRAY_LEN(missing); i++) {
		snprintf(text, sizeof(text), "'%s'", missing[i]);
		if (strncmp(e->text, "unknown ", 8) == 0 &&
		    strstr(e->text, text) != NULL)
			return true;
	}
	return false;
}

static bool
as_expected(struct value test, const struct liquid_case *run)
{
	struct value results = value_member(test, STR("results"));
	uint32_t i;

	if (value_truthy(value_member(test, STR("invalid"))))
		return !run->rendered;
	if (!run->rendered)
		return false;
	if (results.type != VALUE_ARRAY)
		return str_eq(field(test, "result"), buf_view(&run->out));
	for (i = 0; i < results.n; i++)
		if (str_eq(value_text(results.u.items[i]), buf_view(&run->out)))
			return true;
	return false;
}

static void
run_case(struct value test, struct liquid_case *run, int counts[2])
{
	struct value scope = value_member(test, STR("data"));
	struct liquid_data data = {.scopes = &scope,
	    .count = 1,
	    .now_us = CASE_NOW_US};
	struct liquid *program;
	bool ok;

	arena_reset(&run->arena);
	buf_reset(&run->out);
	run->rendered = false;
	run->compiled = liquid_compile(&program, field(test, "template"),
	    LIQUID_TEXT, &run->error);
	if (run->compiled)
		run->rendered = liquid_render(program, &data, &run->arena,
		    &run->out, &run->error);
	if (run->compiled)
		liquid_free(program);
	else if (still_to_come(&run->error))
		return;
	ok = as_expected(test, run);
	counts[ok]++;
	if (!ok)
		print_error("%.*s: '%s' %s\n", STR_ARG(field(test, "name")),
		    buf_cstr(&run->out), run->error.text);
}

static void
test_golden(void **state)
{
	const char *corpora = getenv("VOLLEY_CORPORA");
	struct arena memory;
	struct liquid_case run;
	struct value all, tests;
	struct buf text;
	struct err err = {0};
	char path[512];
	int counts[2] = {0, 0};
	uint32_t i;

	(void)state;
	snprintf(path, sizeof(path), "%s/%s",
	    corpora != NULL ? corpora : "../shared/corpora", CORPUS);
	buf_init(&text, VALUE_JSON_MAX);
	if (!file_read(path, &text, &err)) {
		print_message("skipped: %s\n", err.text);
		skip();
	}
	arena_init(&memory, 16U << 20);
	liquid_case_init(&run);
	assert_true(value_from_json(&all, buf_view(&text), &memory, &err));
	tests = value_member(all, STR("tests"));
	for (i = 0; i < tests.n; i++)
		if (in_scope(field(tests.u.items[i], "group")))
			run_case(tests.u.items[i], &run, counts);
	print_message("golden-liquid: %d as expected, %d not\n", counts[1],
	    counts[0]);
	assert_int_equal(counts[0], 0);
	assert_true(counts[1] >= 150);
	liquid_case_release(&run);
	arena_release(&memory);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
