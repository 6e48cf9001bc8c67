/* Goal: no template and no data make a render long, large or fatal: each
 * bound ends it with an error, and soon. */
#include "lib/base/clock.h"
#include "tests/unit/templates/liquid_case.h"

#include <setjmp.h>
#include <stdarg.h>

#include <time.h>

#include <cmocka.h>

#define SOON_MS 2000 /* under sanitizers on a busy machine */

static struct liquid_case run;
static struct buf source;

static void
repeat(const char *piece, size_t times)
{
	while (times-- > 0)
		buf_puts(&source, piece);
}

static void
run_source(const char *data)
{
	int64_t start = clock_mono_ms();

	liquid_case_run(&run, buf_view(&source), data, LIQUID_TEXT);
	assert_true(clock_mono_ms() - start < SOON_MS);
	assert_null(strstr(buf_cstr(&run.out), "Liquid error"));
}

/* Fails, while compiling or rendering, with that text. */
static void
check_fails(const char *text)
{
	run_source(NULL);
	assert_false(run.rendered);
	if (strcmp(run.error.text, text) != 0)
		fail_msg("%s, not %s", run.error.text, text);
	assert_true(run.error.line > 0);
}

static void
test_endless(void **state)
{
	static const char *const rows[] = {
	    "{% for i in (1..1000000000) %}{{ i }}{% endfor %}",
	    "{% for i in (1..9000000000000000000) %}{% endfor %}",
	    "{% for i in (1..99999) reversed %}{% for j in (1..99999) %}"
	    "{% if i == j %}x{% endif %}{% endfor %}{% endfor %}",
	    "{% for i in (-9223372036854775808..9223372036854775807) %}"
	    "{% endfor %}",
	    "{% for i in (1..1000000000) %}{% case 1 %}{% when 1, 1, 1 %}"
	    "{% cycle 1, 2 %}{% increment n %}{% ifchanged %}{% endifchanged %}"
	    "{% endcase %}{% endfor %}",
	    "{% for i in (1..1000000000) %}{% cycle i: 1, 2 %}{% endfor %}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&source);
		buf_puts(&source, rows[i]);
		check_fails("takes more than 100000 steps");
	}
}

static void
test_output(void **state)
{
	(void)state;
	buf_reset(&source);
	buf_puts(&source, "{% for i in (1..100) %}");
	repeat("0123456789abcdef", 4096); /* 64 KiB a round */
	buf_puts(&source, "{% endfor %}");
	check_fails("writes more than 1048576 bytes");
	assert_true(run.out.n <= LIQUID_OUTPUT_MAX);
	buf_reset(&source);
	buf_puts(&source, "{% tablerow i in (1..1000000000) %}"
			  "{% endtablerow %}");
	check_fails("writes more than 1048576 bytes");
}

static void
test_memory(void **state)
{
	(void)state;
	buf_reset(&source);
	buf_puts(&source, "{% assign x = '0123456789' %}"
			  "{% for i in (1..60) %}"
			  "{% assign x = x | append: x %}{% endfor %}");
	check_fails("needs more than 1048576 bytes of memory");
	assert_true(run.arena.used < 2UL * LIQUID_MEMORY_MAX);
}

/* What costs more than its steps tell is stopped by the clock. */
static void
burn(uint32_t number, struct str url, struct buf *out, void *arg)
{
	struct timespec from, now;

	(void)number;
	(void)url;
	(void)out;
	(void)arg;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while (
	    now.tv_sec == from.tv_sec && now.tv_nsec - from.tv_nsec < 200000);
}

static void
test_cpu(void **state)
{
	const struct liquid_options options = {LIQUID_TEXT, .internal = true};
	struct liquid_data data = {.link = burn};
	int64_t start = clock_mono_ms();
	struct liquid *program;

	(void)state;
	assert_true(liquid_compile_with(&program,
	    STR("{% for i in (1..9999) %}{% link 1 %}x{% endlink %}"
		"{% endfor %}"),
	    &options, &run.error));
	arena_reset(&run.arena);
	buf_reset(&run.out);
	assert_false(
	    liquid_render(program, &data, &run.arena, &run.out, &run.error));
	assert_string_equal(run.error.text, "takes more than 50 ms");
	assert_true(clock_mono_ms() - start < SOON_MS);
	liquid_free(program);
}

/* Work that neither writes nor allocates is counted as well: x is half a
 * megabyte of one letter, y as much that ends otherwise. */
static void
test_looking(void **state)
{
	static const struct {
		const char *label, *letter, *body;
		enum liquid_escape escape;
	} rows[] = {
	    {"compared", "1",
		"{% if x contains 'y' or x == x or x < x %}{% endif %}"
		"{{ x.size }}",
		LIQUID_TEXT},
	    {"not changed", "1", "{% ifchanged %}{{ x }}{% endifchanged %}",
		LIQUID_HTML},
	    {"refused in a style", "a", "<p style='{{ y }}'>", LIQUID_HTML},
	    {"refused as a name", "a", "<p {{ y }}>", LIQUID_HTML},
	    {"refused in a tag", "1", "<h{{ y }}>", LIQUID_HTML},
	    {"a URL of blanks", " ", "<a href='{{ x }}'>", LIQUID_HTML},
	    {"a path of slashes", "/", "<a href='http://a/{{ x }}'>",
		LIQUID_HTML},
	    {"a number behind blanks", " ", "{% assign z = x | plus: 1 %}",
		LIQUID_TEXT},
	    {"HTML without a text", "<b></b>",
		"{% assign z = x | raw %}{{ z }}", LIQUID_DERIVED},
	};
	struct liquid_case *c = &run;
	struct buf data;
	int64_t start;
	size_t i;

	(void)state;
	buf_init(&data, 1U << 20);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&data);
		buf_reset(&source);
		buf_puts(&source, "{\"x\":\"");
		repeat(rows[i].letter, 400000 / strlen(rows[i].letter));
		buf_puts(&source, "\"}");
		buf_str(&data, buf_view(&source));
		buf_reset(&source);
		buf_puts(&source, "{% assign y = x | append: '=' %}"
				  "{% for i in (1..9999) %}");
		buf_puts(&source, rows[i].body);
		buf_puts(&source, "{% endfor %}");
		start = clock_mono_ms();
		liquid_case_run(c, buf_view(&source), buf_cstr(&data),
		    rows[i].escape);
		if (c->rendered ||
		    strncmp(c->error.text, "takes more than ", 16) != 0 ||
		    clock_mono_ms() - start >= SOON_MS)
			fail_msg("%s: %s", rows[i].label,
			    c->rendered ? "no error" : c->error.text);
	}
	buf_release(&data);
}

static void
test_nesting(void **state)
{
	static const struct {
		const char *open, *close, *error;
		int depth;
	} rows[] = {
	    {"{% if true %}", "{% endif %}", NULL, 32},
	    {"{% if true %}", "{% endif %}", "nested deeper than 32", 33},
	    {"{% for i in (1..1) %}", "{% endfor %}", "nested deeper than 32",
		100000 / 33},
	    {"{% capture x %}", "{% endcapture %}", "nested deeper than 32",
		40},
	    {"{% case 1 %}{% when 1 %}", "{% endcase %}", NULL, 32},
	    {"{% case 1 %}{% when 1 %}", "{% endcase %}",
		"nested deeper than 32", 33},
	    {"{% tablerow i in (1..1) %}{% ifchanged %}",
		"{% endifchanged %}{% endtablerow %}", "nested deeper than 32",
		17},
	    {"{% liquid liquid ", " %}", NULL, 1},
	    {"{% liquid liquid liquid liquid liquid liquid liquid liquid "
	     "liquid liquid liquid liquid liquid liquid liquid liquid liquid "
	     "liquid liquid liquid liquid liquid liquid liquid liquid liquid "
	     "liquid liquid liquid liquid liquid liquid liquid",
		" %}", "nested deeper than 32", 1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&source);
		repeat(rows[i].open, (size_t)rows[i].depth);
		repeat(rows[i].close, (size_t)rows[i].depth);
		if (rows[i].error != NULL) {
			check_fails(rows[i].error);
			continue;
		}
		run_source(NULL);
		assert_true(run.rendered);
	}
}

static void
test_brackets(void **state)
{
	static const char *const open[] = {"[", "(", "a["};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(open); i++) {
		buf_reset(&source);
		buf_puts(&source, "{{ ");
		repeat(open[i], 100000);
		buf_puts(&source, " }}");
		check_fails("nested deeper than 32");
	}
}

/* Sources that a careless reader would go over again and again. */
static void
test_long_sources(void **state)
{
	static const struct {
		const char *start, *piece;
		size_t times;
	} rows[] = {
	    {"{% raw %}", "{%", 500000},
	    {"{% raw %}", "{% endra %}", 90000},
	    {"{% comment %}", "{% comment %}", 70000},
	    {"", "{{ x }}", 140000},
	    {"", "{{ a.b.c.d.e.f.g }}", 50000},
	    {"", "{% if a %}{% endif %}", 40000},
	    {"", "{% for a in b %}{% endfor %}", 30000},
	    {"{{ a", " | raw", 150000},
	    {"{{ a", ".b", 500000},
	    {"{{ a ", "| append: 'x'", 70000},
	    {"{% if a", " or a", 150000},
	    {"{% liquid", "\necho a", 140000},
	    {"{% liquid", "\nliquid if a\n", 70000},
	    {"{% doc %}", "{% doc", 150000},
	    {"{% case a %}", "{% when a %}", 80000},
	    {"{% case a %}{% when a", ", a", 300000},
	    {"", "{% cycle a, 'b' %}", 50000},
	    {"", "{% increment a %}", 50000},
	    {"", "{% case a %}{% when b %}{% endcase %}", 25000},
	    {"", "{% ifchanged %}{{ a }}{% endifchanged %}", 25000},
	    {"", "{% tablerow a in b %}{% endtablerow %}", 25000},
	    {"{% for a in b", " limit: c", 100000},
	    {"{% assign a = b ", "| append: self['c']", 50000},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&source);
		buf_puts(&source, rows[i].start);
		repeat(rows[i].piece, rows[i].times);
		if (rows[i].start[0] == '{' && rows[i].start[1] == '{')
			buf_puts(&source, "}}");
		run_source("{\"b\":[1]}");
	}
}

static void
test_sizes(void **state)
{
	char name[32];
	int i;

	(void)state;
	buf_reset(&source);
	repeat("x", LIQUID_SOURCE_MAX + 1);
	check_fails("template is larger than 1048576 bytes");
	buf_reset(&source);
	for (i = 0; i < 1001; i++) {
		snprintf(name, sizeof(name), "{{ n%d }}", i);
		buf_puts(&source, name);
	}
	check_fails("more than 1000 different names");
	buf_reset(&source);
	for (i = 0; i < 4001; i++) {
		snprintf(name, sizeof(name), "{%%assign n%d=1%%}", i);
		buf_puts(&source, name);
	}
	check_fails("more than 4000 different names");
	buf_reset(&source);
	buf_puts(&source, "{% cycle ");
	repeat("'a',", 257);
	buf_puts(&source, "%}");
	check_fails("more than 256 values");
	buf_reset(&source);
	buf_puts(&source, "{{ x | default: 1, 2, 3, 4, 5, 6, 7, 8, 9 }}");
	check_fails("more than 7 arguments");
}

/* Rendered again and again, the same comes out and takes as much. */
static void
test_same_again(void **state)
{
	static const char data[] = "{\"l\":[{\"n\":\"a&b\"},{\"n\":2}]}";
	size_t used, cap;
	char *first;
	int i;

	(void)state;
	buf_reset(&source);
	buf_puts(&source, "{% for p in l %}{{ p.n | upcase | escape }},"
			  "{{ 0 | date: '%F' }}{% endfor %}");
	run_source(data);
	assert_true(run.rendered);
	first = str_dup(buf_view(&run.out));
	used = run.arena.used;
	cap = run.out.cap;
	for (i = 0; i < 3; i++) {
		run_source(data);
		assert_string_equal(buf_cstr(&run.out), first);
		assert_int_equal(run.arena.used, used);
		assert_int_equal(run.out.cap, cap);
	}
	free(first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_endless),
	    cmocka_unit_test(test_output),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_cpu),
	    cmocka_unit_test(test_looking),
	    cmocka_unit_test(test_nesting),
	    cmocka_unit_test(test_brackets),
	    cmocka_unit_test(test_long_sources),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_same_again),
	};
	int failed;

	liquid_case_init(&run);
	buf_init(&source, 4U << 20);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_release(&source);
	liquid_case_release(&run);
	return failed;
}
