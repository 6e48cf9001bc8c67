/* Goal: the engine agrees with golden-liquid: on all cases of what mail needs
 * ("core"), on nearly all of the rest.  The corpus lies beside the project
 * (VOLLEY_CORPORA, ../shared/corpora); without it this is skipped. */
#include "lib/base/file.h"
#include "tests/unit/templates/liquid_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CORPUS "liquid/golden_dev.json"

struct counts {
	int core[2], extended[2]; /* not as expected, as expected */
};

static struct str
field(struct value test, const char *name)
{
	return value_text(value_member(test, str_of(name)));
}

static bool
find_snippet(struct str name, struct str *source, void *arg)
{
	struct value found = value_member(*(struct value *)arg, name);

	*source = value_text(found);
	return found.type == VALUE_STRING;
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
run_case(struct value test, struct liquid_case *run, struct counts *counts)
{
	struct value scope = value_member(test, STR("data"));
	struct value templates = value_member(test, STR("templates"));
	struct liquid_data data = {.scopes = &scope,
	    .count = 1,
	    .now_us = CASE_NOW_US};
	const struct liquid_options options = {
	    .partial = find_snippet,
	    .partial_arg = &templates,
	};
	struct liquid *program;
	bool ok;

	arena_reset(&run->arena);
	buf_reset(&run->out);
	run->rendered = false;
	run->compiled = liquid_compile_with(&program, field(test, "template"),
	    &options, &run->error);
	if (run->compiled) {
		run->rendered = liquid_render(program, &data, &run->arena,
		    &run->out, &run->error);
		liquid_free(program);
	}
	ok = as_expected(test, run);
	if (str_eq(field(test, "scope"), STR("core")))
		counts->core[ok]++;
	else
		counts->extended[ok]++;
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
	struct counts counts = {{0, 0}, {0, 0}};
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
		run_case(tests.u.items[i], &run, &counts);
	print_message("golden-liquid: core %d of %d, extended %d of %d\n",
	    counts.core[1], counts.core[0] + counts.core[1], counts.extended[1],
	    counts.extended[0] + counts.extended[1]);
	assert_int_equal(counts.core[0], 0);
	assert_true(counts.core[1] > 400);
	assert_true(counts.extended[1] >= 19 * counts.extended[0]);
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
