/*
 * liquid_snippet.h - what `include` and `render` have in common: a snippet is
 * compiled in where it is taken in.
 */
#ifndef TEMPLATES_LIQUID_SNIPPET_H
#define TEMPLATES_LIQUID_SNIPPET_H

#include "templates/liquid/liquid_compiler.h"

struct liquid_param {
	struct str name;
	uint32_t number;
};

/* One of these tags. */
struct liquid_snippet {
	struct str name;  /* of the snippet; empty while it is computed */
	struct str alias; /* of the value; empty: the name's last part */
	bool has_value, is_for;
	struct liquid_param params[LIQUID_PARAMS_MAX];
	uint32_t param_count;
};

/* "with" or "for", "as"; the value is pushed. */
bool liquid_snippet_value(struct liquid_compiler *c,
    struct liquid_snippet *in) MUST_USE;
/* One of the params: its value is pushed. */
bool liquid_snippet_param(struct liquid_compiler *c,
    struct liquid_snippet *in) MUST_USE;
/* What the snippet knows the value as. */
struct str liquid_snippet_variable(const struct liquid_snippet *in);

/* The pieces of the snippet; afterwards all is as before. */
bool liquid_snippet_compile(struct liquid_compiler *c,
    struct str name) MUST_USE;
/* It must not stand here.  Where the data choose the snippet it is compiled
 * to a failure instead: only a render that comes here fails. */
bool liquid_snippet_refuse(struct liquid_compiler *c, const char *text,
    struct str name) MUST_USE;

/* Rounds for the items of the value. */
struct liquid_for *liquid_snippet_loop(struct liquid_compiler *c,
    enum liquid_loop_kind kind);
void liquid_snippet_begin(struct liquid_compiler *c, struct liquid_for *loop);
void liquid_snippet_end(struct liquid_compiler *c, struct liquid_for *loop);

#endif
