/*
 * liquid_case.h - compiles and renders one template for a test.
 */
#ifndef TESTS_LIQUID_CASE_H
#define TESTS_LIQUID_CASE_H

#include "templates/liquid/liquid.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* 2025-09-01T09:05:03Z */
#define CASE_NOW_US 1756717503000000LL

struct liquid_case {
	struct arena arena;
	struct buf out;
	struct liquid_error error;
	bool compiled, rendered;
};

static inline void
liquid_case_init(struct liquid_case *c)
{
	*c = (struct liquid_case){0};
	arena_init(&c->arena, 16U << 20);
	buf_init(&c->out, 4U << 20);
}

static inline void
liquid_case_release(struct liquid_case *c)
{
	arena_release(&c->arena);
	buf_release(&c->out);
}

/* `data` is a JSON object or NULL. */
static inline void
liquid_case_run(struct liquid_case *c, struct str source, const char *data,
    enum liquid_escape escape)
{
	struct value scope = value_nil();
	struct liquid_data given = {
	    .scopes = &scope,
	    .count = 1,
	    .now_us = CASE_NOW_US,
	};
	struct liquid *program;
	struct err err = {0};

	arena_reset(&c->arena);
	buf_reset(&c->out);
	c->rendered = false;
	if (data != NULL &&
	    !value_from_json(&scope, str_of(data), &c->arena, &err))
		die("data of a test: %s", err.text);
	c->compiled = liquid_compile(&program, source, escape, &c->error);
	if (!c->compiled)
		return;
	c->rendered =
	    liquid_render(program, &given, &c->arena, &c->out, &c->error);
	liquid_free(program);
}

struct liquid_case_row {
	const char *label, *source, *expected;
};

/* Each is rendered with the data, and gives what is expected. */
static inline void
liquid_case_check(struct liquid_case *c, const struct liquid_case_row *rows,
    size_t n, const char *data, enum liquid_escape escape)
{
	const struct liquid_case_row *r;

	for (r = rows; r < rows + n; r++) {
		liquid_case_run(c, str_of(r->source), data, escape);
		if (!c->rendered)
			fail_msg("%s: %s: %s", r->label, r->source,
			    c->error.text);
		if (strcmp(buf_cstr(&c->out), r->expected) != 0)
			fail_msg("%s: %s: '%s', not '%s'", r->label, r->source,
			    buf_cstr(&c->out), r->expected);
	}
}

/* Each fails; `expected` is part of the message. */
static inline void
liquid_case_check_errors(struct liquid_case *c,
    const struct liquid_case_row *rows, size_t n, const char *data)
{
	const struct liquid_case_row *r;

	for (r = rows; r < rows + n; r++) {
		liquid_case_run(c, str_of(r->source), data, LIQUID_TEXT);
		if (c->rendered)
			fail_msg("%s: %s: no error but '%s'", r->label,
			    r->source, buf_cstr(&c->out));
		if (strstr(c->error.text, r->expected) == NULL)
			fail_msg("%s: %s: '%s', not '%s'", r->label, r->source,
			    c->error.text, r->expected);
	}
}

#endif
