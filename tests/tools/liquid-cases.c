/*
 * liquid-cases - runs Liquid conformance files on our engine.
 *
 *   liquid-cases [--suite NAME,...] [-v] FILE...
 *
 * A file is {"tests": [...]} of one of three formats, told apart by the
 * fields of each case: golden-liquid (result | results | invalid),
 * liquid-spec (expected | expected_pattern | errors) and our own (result).
 * Cases of liquid-spec whose first error mode is `lax` are skipped: there is
 * one strict parser.  The reference shows errors inline and goes on; we stop
 * at the first one, while rendering or already while compiling, so such
 * output is compared up to and with that error, as it would be shown.  Where
 * a case names words of a parse error only the failing counts: our messages
 * are our own.  Snippets are found in `templates` (golden-liquid) or
 * `filesystem` (liquid-spec), case-blind, with ".liquid" or without.  The
 * files are read by our own JSON decoder, case by case,
 * since numbers may be larger than jansson takes.  Ends with "N passed, M failed, K skipped".
 */
#include "lib/base/base.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "templates/liquid/liquid.h"

#include <regex.h>

#define ARENA_MAX  (64U << 20)
#define OUTPUT_MAX (4U << 20)
#define FILE_MAX   (64U << 20)

enum outcome { FAILED = 0, PASSED, SKIPPED, OUTCOME__COUNT };

struct cases {
	struct str suites; /* empty: all */
	bool verbose;
	struct arena arena; /* of one case */
	struct buf out;
	int counts[OUTCOME__COUNT];
};

/* The snippets of a case. */
struct snippets {
	struct value files;
	struct str *names;
	size_t count;
};

struct run {
	bool compiled, rendered;
	struct liquid_error error;
};

static struct value
member(struct value test, const char *name)
{
	return value_member(test, str_of(name));
}

static struct str
field(struct value test, const char *name)
{
	return value_text(member(test, name));
}

static bool
is_spec(struct value test)
{
	return member(test, "environment").type != VALUE_NIL;
}

/* The clocks with which the answers were made. */
static int64_t
clock_of(struct value test)
{
	const char *text =
	    is_spec(test) ? "2024-01-01T00:01:58Z" : "2025-09-01T09:05:03Z";
	int64_t us = 0;

	return time_parse_rfc3339(str_of(text), &us) ? us : 0;
}

static bool
same_file(struct str file, struct str name)
{
	return str_eq_nocase(file, name) ||
	       (file.n == name.n + 7 && str_starts_nocase(file, name) &&
		   str_eq_nocase(str_from(file, name.n), STR(".liquid")));
}

static bool
find_snippet(struct str name, struct str *source, void *arg)
{
	const struct snippets *s = arg;
	uint32_t i;

	for (i = 0; i < s->files.n; i++)
		if (same_file(s->files.u.members[i].key, name)) {
			*source = value_text(s->files.u.members[i].value);
			return true;
		}
	return false;
}

/* What a computed name may be: each file, also without its ".liquid". */
static void
list_snippets(struct cases *cases, struct value test, struct snippets *s)
{
	const struct value_member *m;
	uint32_t i;

	*s = (struct snippets){
	    .files = member(test, is_spec(test) ? "filesystem" : "templates"),
	};
	if (s->files.type != VALUE_OBJECT)
		s->files = value_object(NULL, 0);
	s->names =
	    ARENA_ARRAY(&cases->arena, struct str, 2 * (size_t)s->files.n + 1);
	for (i = 0; i < s->files.n; i++) {
		m = &s->files.u.members[i];
		s->names[s->count++] = m->key;
		if (m->key.n > 7 &&
		    str_eq_nocase(str_from(m->key, m->key.n - 7),
			STR(".liquid")))
			s->names[s->count++] = str_sub(m->key, 0, m->key.n - 7);
	}
}

static void
run_template(struct cases *cases, struct value test, struct run *run)
{
	struct value scope =
	    member(test, is_spec(test) ? "environment" : "data");
	struct liquid_data data = {.scopes = &scope,
	    .count = 1,
	    .now_us = clock_of(test)};
	struct snippets snippets;
	struct liquid_options options = {
	    .partial = find_snippet,
	    .partial_arg = &snippets,
	};
	struct liquid *program;

	*run = (struct run){0};
	buf_reset(&cases->out);
	list_snippets(cases, test, &snippets);
	options.partial_names = snippets.names;
	options.partial_count = snippets.count;
	if (!liquid_compile_with(&program, field(test, "template"), &options,
		&run->error))
		return;
	run->compiled = true;
	run->rendered = liquid_render(program, &data, &cases->arena,
	    &cases->out, &run->error);
	liquid_free(program);
}

/* Output as the reference would have it up to the error; it tells the line
 * in the snippet, ours in the template too. */
static struct str
shown(struct cases *cases, const struct run *run)
{
	char name[100];
	int line, column, n = 0;

	if (run->rendered)
		return buf_view(&cases->out);
	if (sscanf(run->error.text, "snippet '%99[^']' line %d, column %d: %n",
		name, &line, &column, &n) == 3 &&
	    n > 0)
		buf_printf(&cases->out, "Liquid error (%s line %d): %s", name,
		    line, run->error.text + n);
	else
		buf_printf(&cases->out, "Liquid error (line %d): %s",
		    run->error.line, run->error.text);
	return buf_view(&cases->out);
}

/* The few marks of Ruby's patterns that POSIX does not have. */
static char *
posix_pattern(struct str pattern)
{
	struct buf b;
	size_t i;

	buf_init(&b, OUTPUT_MAX);
	if (str_starts(pattern, STR("(?m)"))) /* `.` is any byte anyway */
		pattern = str_from(pattern, 4);
	for (i = 0; i < pattern.n; i++) {
		char next = i + 1 < pattern.n ? pattern.p[i + 1] : '\0';

		if (pattern.p[i] != '\\' || strchr("dAz", next) == NULL) {
			buf_char(&b, pattern.p[i]);
			continue;
		}
		buf_puts(&b, next == 'd' ? "[0-9]" : next == 'A' ? "^" : "$");
		i++;
	}
	return b.p != NULL ? b.p : str_dup(STR(""));
}

static bool
matches(struct str pattern, struct str text)
{
	char *p = posix_pattern(pattern), *t = str_dup(text);
	regex_t regex;
	bool ok = regcomp(&regex, p, REG_EXTENDED | REG_ICASE) == 0;

	if (ok) {
		ok = regexec(&regex, t, 0, NULL, 0) == 0;
		regfree(&regex);
	}
	free(p);
	free(t);
	return ok;
}

/* Each word of the list stands in the text. */
static bool
says(struct value words, struct str text)
{
	uint32_t i;

	for (i = 0; words.type == VALUE_ARRAY && i < words.n; i++) {
		struct value word = words.u.items[i];

		if (word.type == VALUE_STRING
			? str_find_nocase(text, value_text(word)) == STR_NOWHERE
			: !matches(field(word, "regexp"), text))
			return false;
	}
	return true;
}

static bool
check_errors(struct cases *cases, struct value errors, const struct run *run)
{
	if (member(errors, "parse_error").type != VALUE_NIL)
		return !run->compiled;
	if (member(errors, "render_error").type != VALUE_NIL)
		return !run->rendered;
	return says(member(errors, "output"), shown(cases, run));
}

static bool
check_results(struct value results, struct str text)
{
	uint32_t i;

	for (i = 0; i < results.n; i++)
		if (str_eq(value_text(results.u.items[i]), text))
			return true;
	return false;
}

static bool
check(struct cases *cases, struct value test, const struct run *run)
{
	struct value pattern = member(test, "expected_pattern");
	struct value errors = member(test, "errors");
	struct value results = member(test, "results");
	bool shows_errors = value_truthy(member(test, "render_errors"));

	if (value_truthy(member(test, "invalid")))
		return !run->rendered;
	if (errors.type == VALUE_OBJECT && errors.n > 0)
		return check_errors(cases, errors, run);
	if (!run->compiled && !shows_errors)
		return false;
	if (pattern.type == VALUE_STRING)
		return matches(value_text(pattern), shown(cases, run));
	if (results.type == VALUE_ARRAY)
		return check_results(results, shown(cases, run));
	if (!run->rendered && shows_errors)
		return str_starts(field(test, "expected"), shown(cases, run));
	return str_eq(field(test, is_spec(test) ? "expected" : "result"),
	    shown(cases, run));
}

static void
report(struct cases *cases, struct value test, const struct run *run)
{
	printf("FAILED %.*s\n  template: %.*s\n  expected: %.*s\n",
	    STR_ARG(field(test, "name")), STR_ARG(field(test, "template")),
	    STR_ARG(field(test, is_spec(test) ? "expected" : "result")));
	if (run->rendered)
		printf("  rendered: %s\n", buf_cstr(&cases->out));
	else
		printf("  %s error: %d:%d: %s\n",
		    run->compiled ? "render" : "compile", run->error.line,
		    run->error.column, run->error.text);
}

static bool
wanted(const struct cases *cases, struct value test)
{
	struct str rest = cases->suites, name;

	if (rest.n == 0)
		return true;
	while (str_cut(&rest, ',', &name))
		if (str_eq(name, field(test, "suite")))
			return true;
	return false;
}

static void
run_case(struct cases *cases, struct value test)
{
	struct value modes = member(test, "error_modes");
	enum outcome outcome;
	struct run run;

	if (!wanted(cases, test))
		return;
	if (modes.type == VALUE_ARRAY && modes.n > 0 &&
	    str_eq(value_text(modes.u.items[0]), STR("lax"))) {
		cases->counts[SKIPPED]++;
		return;
	}
	run_template(cases, test, &run);
	outcome = check(cases, test, &run) ? PASSED : FAILED;
	cases->counts[outcome]++;
	if (outcome == FAILED && cases->verbose)
		report(cases, test, &run);
}

/* The object at the start of `rest`, by its braces; false if there is none. */
static bool
cut_object(struct str *rest, struct str *object)
{
	size_t i, start = str_chr(*rest, '{');
	bool quoted = false;
	int depth = 0;

	if (start == STR_NOWHERE)
		return false;
	for (i = start; i < rest->n; i++) {
		char c = rest->p[i];

		if (quoted && c == '\\') {
			i++;
			continue;
		}
		quoted ^= c == '"';
		if (!quoted)
			depth += (c == '{') - (c == '}');
		if (depth == 0)
			break;
	}
	*object = str_sub(*rest, start, i + 1 - start);
	*rest = str_from(*rest, i + 1);
	return true;
}

static bool
run_cases(struct cases *cases, const char *path, struct str text)
{
	size_t at = str_find(text, STR("\"tests\""));
	struct err err = {0};
	struct value test;
	struct str object;

	if (at == STR_NOWHERE) {
		fprintf(stderr, "liquid-cases: %s: no tests in it\n", path);
		return false;
	}
	text = str_from(text, at);
	while (cut_object(&text, &object)) {
		arena_reset(&cases->arena);
		if (value_from_json(&test, object, &cases->arena, &err)) {
			run_case(cases, test);
			continue;
		}
		fprintf(stderr, "liquid-cases: %s: a case is skipped: %s\n",
		    path, err.text);
		cases->counts[SKIPPED]++;
	}
	return true;
}

static bool
run_file(struct cases *cases, const char *path)
{
	struct err err = {0};
	struct buf text;
	bool ok;

	buf_init(&text, FILE_MAX);
	ok = file_read(path, &text, &err);
	if (ok)
		ok = run_cases(cases, path, buf_view(&text));
	else
		fprintf(stderr, "liquid-cases: %s\n", err.text);
	buf_release(&text);
	return ok;
}

int
main(int argc, char **argv)
{
	struct cases cases = {0};
	bool ok = argc > 1;
	int i;

	arena_init(&cases.arena, ARENA_MAX);
	buf_init(&cases.out, OUTPUT_MAX);
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0)
			cases.verbose = true;
		else if (strcmp(argv[i], "--suite") == 0 && i + 1 < argc)
			cases.suites = str_of(argv[++i]);
		else
			ok = run_file(&cases, argv[i]) && ok;
	}
	if (argc == 1)
		fprintf(stderr,
		    "usage: liquid-cases [--suite NAME,...] [-v] FILE...\n");
	else
		printf("%d passed, %d failed, %d skipped\n",
		    cases.counts[PASSED], cases.counts[FAILED],
		    cases.counts[SKIPPED]);
	buf_release(&cases.out);
	arena_release(&cases.arena);
	return ok && cases.counts[FAILED] == 0 ? 0 : 1;
}
