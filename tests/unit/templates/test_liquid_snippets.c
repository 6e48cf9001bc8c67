/* Goal: snippets are taken in as the language says; what is wrong in one is
 * told with its name; however they refer to each other, compiling ends
 * soon. */
#include "lib/base/clock.h"
#include "tests/unit/templates/liquid_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SOON_MS 5000 /* under sanitizers on a busy machine */

#define TWO(name)  "{% render '" name "' %}{% render '" name "' %}"
#define FOUR(name) TWO(name) TWO(name)

static const struct {
	const char *name, *source;
} snippets[] = {
    {"plain", "snippet"},
    {"item", "[{{ item }}{{ forloop.index }}]"},
    {"args", "{{ a }}-{{ b }}"},
    {"set", "{% assign x = 'set' %}"},
    {"sees", "({{ x }})"},
    {"outer", "<{% include 'sees' %}{% render 'sees' %}>"},
    {"leave", "{% break %}never"},
    {"count", "{% increment n %}{% cycle 'p', 'q' %}"},
    {"loop", "{% for i in (1..9) limit: 2 %}{{ forloop.parentloop.index }}"
	     "{{ i }}{% endfor %}"},
    {"dir/name", "{{ name }}"},
    {"itself", "{% if false %}{% include 'itself' %}{% endif %}"},
    {"ping", "{% render 'pong' %}"},
    {"pong", "\n {% render 'ping' %}"},
    {"fails", "\n{{ 1 }}{% if 1 < 'a' %}{% endif %}"},
    {"deep1", "{% include 'deep2' %}"},
    {"deep2", "{% include 'deep3' %}"},
    {"deep3", "{% include 'deep4' %}"},
    {"deep4", "{% include 'deep5' %}"},
    {"deep5", "{% include 'deep6' %}"},
    {"deep6", "{% include 'deep7' %}"},
    {"deep7", "{% include 'deep8' %}"},
    {"deep8", "8"},
    {"deep0", "{% include 'deep1' %}"},
    {"includes", "{% include 'plain' %}"},
    {"reads", "{{ contact.name }}{{ mine }}{{ item.x }}"},
    {"chooses", "{% include kind %}"},
    /* not to be chosen */
    {"broken", "line\n  {% if x %}"},
    {"fan1", FOUR("fan2")},
    {"fan2", FOUR("fan3")},
    {"fan3", FOUR("fan4")},
    {"fan4", FOUR("fan5")},
    {"fan5", FOUR("fan6")},
    {"fan6", FOUR("plain")},
};
#define CHOOSABLE (ARRAY_LEN(snippets) - 7)

static struct liquid_case run;
static struct buf big; /* half a MiB: the snippet "big" */
static struct str names[ARRAY_LEN(snippets) + 1];

static bool
find(struct str name, struct str *source, void *arg)
{
	size_t i;

	(void)arg;
	for (i = 0; i < ARRAY_LEN(snippets); i++)
		if (str_eq(name, str_of(snippets[i].name))) {
			*source = str_of(snippets[i].source);
			return true;
		}
	*source = buf_view(&big);
	return str_eq(name, STR("big"));
}

static struct liquid *
compile(struct str source, bool computed)
{
	const struct liquid_options options = {
	    .partial = find,
	    .partial_names = computed ? names : NULL,
	    .partial_count = computed ? CHOOSABLE : 0,
	};
	struct liquid *program;
	int64_t start = clock_mono_ms();

	run.compiled =
	    liquid_compile_with(&program, source, &options, &run.error);
	assert_true(clock_mono_ms() - start < SOON_MS);
	return run.compiled ? program : NULL;
}

static void
render(const char *source, const char *json, bool computed)
{
	struct liquid *program = compile(str_of(source), computed);
	struct value scope = value_nil();
	struct liquid_data data = {.scopes = &scope, .count = 1};
	struct err err = {0};

	arena_reset(&run.arena);
	buf_reset(&run.out);
	run.rendered = false;
	if (program == NULL)
		return;
	if (json != NULL &&
	    !value_from_json(&scope, str_of(json), &run.arena, &err))
		die("data of a test: %s", err.text);
	run.rendered =
	    liquid_render(program, &data, &run.arena, &run.out, &run.error);
	liquid_free(program);
}

static void
check(const char *source, const char *json, const char *expected)
{
	render(source, json, true);
	if (!run.rendered)
		fail_msg("%s: %s", source, run.error.text);
	if (strcmp(buf_cstr(&run.out), expected) != 0)
		fail_msg("%s: '%s', not '%s'", source, buf_cstr(&run.out),
		    expected);
}

static void
test_include(void **state)
{
	static const char data[] =
	    "{\"x\":\"data\",\"l\":[7,8],\"item\":5,\"k\":\"plain\"}";

	(void)state;
	check("{% include 'plain' %}", NULL, "snippet");
	check("{% include 'item' %}{% include 'item' with 6 %}", data,
	    "[5][6]");
	check("{% include 'item' for l %}{% include 'item' with l[0] %}", data,
	    "[7][8][7]");
	check("{% include 'args' with l as b, a: b %}", data, "-7-8");
	check("{% include 'args', a: 1, b: a %}{{ a }}", data, "1-1");
	check("{% include 'set' %}{{ x }}", data, "set");
	check("{% assign x = 1 %}{% include 'outer' %}", data, "<(1)(data)>");
	check("{% for i in (1..3) %}{{ i }}{% include 'leave' %}x{% endfor %}.",
	    data, "1.");
	check("{% for i in (1..2) %}{{ i }}{% include 'leave' for l %}x"
	      "{% endfor %}.",
	    data, "1.");
	check("{% include 'count' %}{% include 'count' %}{{ n }}", data,
	    "0p1q2");
	check("{% include 'dir/name' with 'n' %}", data, "n");
	check("{% for i in (1..2) %}{% include 'loop' %}{% endfor %}", NULL,
	    "11122122");
}

static void
test_render(void **state)
{
	static const char data[] =
	    "{\"x\":\"data\",\"l\":[7,8],\"o\":{\"k\":1}}";

	(void)state;
	check("{% assign x = 1 %}{% render 'sees' %}{% render 'sees', x: x %}",
	    data, "(data)(1)");
	check("{% render 'set' %}{{ x }}", data, "data");
	check("{% render 'item' for l %}{% render 'item' with l %}", data,
	    "[71][82][78]");
	check("{% render 'item' for (1..2) %}{% render 'item' for 'ab' %}",
	    data, "[11][22][ab]");
	check("{% render 'args', a: 1, b: a %}{% render 'args' a: 1 a: 2 %}",
	    data, "1-2-");
	check("{% render 'args' for l as a, b: l, a: 9 %}", data, "7-788-78");
	check("{% for i in (1..2) %}{{ i }}{% render 'leave' %}x{% endfor %}",
	    data, "1x2x");
	check("{% for i in (1..2) %}{% render 'count' %}{% endfor %}"
	      "{% increment n %}{% cycle 'p', 'q' %}",
	    data, "0p0p0p");
	check("{% for i in (1..2) %}{% render 'loop' %}{% endfor %}", data,
	    "1212");
	check("{% assign s = self %}{% assign x = 1 %}"
	      "{% render 'sees', x: s.x %}",
	    data, "(1)");
}

static void
test_computed(void **state)
{
	static const char data[] = "{\"k\":\"plain\",\"n\":3,\"l\":[7,8],"
				   "\"kind\":\"item\",\"item\":4}";

	(void)state;
	check("{% include k %}", data, "snippet");
	check("{% include kind for l %}{% include kind %}", data, "[7][8][4]");
	check("{% include 'chooses' %}", data, "[4]");
	check("{% for k in l %}{% assign s = 'leave' %}{% include s %}{{ k }}"
	      "{% endfor %}.",
	    data, ".");
	render("{% include n %}", data, true);
	assert_string_equal(run.error.text, "Illegal template name");
	render("a{% include nobody.at.all %}", data, true);
	assert_string_equal(run.error.text, "Illegal template name");
	render("{% assign k = 'gone' %}{% include k %}", data, true);
	assert_string_equal(run.error.text, "Could not find asset gone");
	render("{% assign k = 'itself' %}{% include k %}", data, true);
	assert_true(run.rendered);
	render("{% assign k = 'ping' %}{% include k %}", data, true);
	assert_non_null(strstr(run.error.text, "nesting too deep"));
	render("{% include k %}", data, false);
	assert_false(run.compiled);
	assert_string_equal(run.error.text,
	    "the name of a snippet must stand here in quotes");
}

static void
test_refused(void **state)
{
	static const struct {
		const char *source, *text;
		int line, column;
	} rows[] = {
	    {"a\nb{% include 'gone' %}", "Could not find asset gone", 2, 2},
	    {"{% render plain %}",
		"expected the name of a snippet in quotes, found 'plain'", 1,
		11},
	    {"x {% include 'itself' %}",
		"snippet 'itself' line 1, column 15: nesting too deep: a "
		"snippet takes in itself: itself",
		1, 3},
	    {"{% render 'ping' %}",
		"snippet 'pong' line 2, column 2: nesting too deep: a snippet "
		"takes in itself: ping",
		1, 1},
	    {"\n{% render 'broken' %}",
		"snippet 'broken' line 2, column 13: unexpected end of "
		"template, 'if' from line 2 is not closed",
		2, 1},
	    {"{% render 'includes' %}",
		"snippet 'includes' line 1, column 1: include usage is not "
		"allowed in this context",
		1, 1},
	    {"{% include 'plain' with %}", "expected a value", 1, 25},
	    {"{% include 'deep0' %}",
		"snippet 'deep7' line 1, column 1: nesting too deep: at "
		"snippet deep8",
		1, 1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_null(compile(str_of(rows[i].source), false));
		assert_string_equal(run.error.text, rows[i].text);
		assert_int_equal(run.error.line, rows[i].line);
		assert_int_equal(run.error.column, rows[i].column);
	}
	check("{% include 'deep1' %}", NULL, "8");
	render("a\n{% render 'fails' %}", NULL, false);
	assert_string_equal(run.error.text,
	    "snippet 'fails' line 2, column 8: comparison of Integer with "
	    "String failed");
	assert_int_equal(run.error.line, 2);
	assert_int_equal(run.error.column, 1);
}

static void
check_blow_up(const char *piece, size_t times, bool computed, const char *text)
{
	struct buf source;

	buf_init(&source, 1U << 20);
	while (times-- > 0)
		buf_puts(&source, piece);
	assert_null(compile(buf_view(&source), computed));
	buf_release(&source);
	if (strstr(run.error.text, text) == NULL)
		fail_msg("%s, not %s", run.error.text, text);
}

static void
test_blow_up(void **state)
{
	(void)state;
	check_blow_up("{% include 'fan1' %}", 1, false,
	    "takes in more than 1000 snippets");
	check_blow_up("{% include 'plain' %}", 1000, false,
	    "takes in more than 1000 snippets");
	check_blow_up("{% include k %}", 1000, true,
	    "takes in more than 1000 snippets");
	check_blow_up("{% include 'big' %}", 10, false,
	    "larger than 2097152 bytes with its snippets");
}

static void
add_name(struct str path, void *arg)
{
	buf_printf(arg, "%.*s ", STR_ARG(path));
}

static void
check_names(const char *source, const char *expected)
{
	struct liquid *program = compile(str_of(source), false);

	buf_reset(&run.out);
	assert_non_null(program);
	liquid_names(program, add_name, &run.out);
	liquid_free(program);
	assert_string_equal(buf_cstr(&run.out), expected);
}

static void
test_names(void **state)
{
	(void)state;
	check_names("{% render 'reads', mine: a.b.c %}", "a.b contact.name "
							 "item.x ");
	check_names("{% render 'reads' for l as item %}",
	    "l contact.name mine ");
	check_names("{% include 'sees' with y %}{% include 'item' %}",
	    "y x item forloop.index ");
	check_names("{{ self.a }}{{ self }}{% assign x = q %}", "a * q ");
	check_names("{% tablerow i in l cols: n %}{{ i }}{% endtablerow %}"
		    "{% case w %}{% when v %}{% endcase %}{% cycle g: h %}",
	    "l n w v g h ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_include),
	    cmocka_unit_test(test_render),
	    cmocka_unit_test(test_computed),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_blow_up),
	    cmocka_unit_test(test_names),
	};
	size_t i;
	int failed;

	for (i = 0; i < ARRAY_LEN(snippets); i++)
		names[i] = str_of(snippets[i].name);
	buf_init(&big, 1U << 20);
	while (big.n < 1U << 19)
		buf_puts(&big, "0123456789abcdef");
	liquid_case_init(&run);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	liquid_case_release(&run);
	buf_release(&big);
	return failed;
}
