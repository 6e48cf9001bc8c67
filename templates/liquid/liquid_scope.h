/*
 * liquid_scope.h - which variable a name means, found out while compiling.
 *
 * The template and each `render` of a snippet have a root scope; what is
 * unknown there is looked up in the data.  Inside of it `for`, `tablerow`
 * and `include` open scopes for what they bind.  Reading goes from the
 * inside out; assigning goes to the root.
 *
 * Every name of a scope has a number, its slot in a render.  Numbers of an
 * inner scope are used again once it is closed.  Scopes belong to the
 * program: names that are computed are looked up in them while rendering.
 */
#ifndef TEMPLATES_LIQUID_SCOPE_H
#define TEMPLATES_LIQUID_SCOPE_H

#include "templates/liquid/liquid_program.h"

enum liquid_name_kind {
	NAME_VARIABLE = 0,
	NAME_COUNTER, /* of increment and decrement */
	NAME_CURSOR,  /* where loops of that title go on */
	NAME_CYCLES,  /* turns of all cycles */
	NAME_CHANGED, /* what ifchanged saw last */
};

struct liquid_scope_name {
	const struct liquid_key *key;
	uint32_t number;
	enum liquid_name_kind kind;
	bool given; /* it is never looked up in the data */
};

struct liquid_scope {
	struct liquid_scope *outer; /* NULL: a root */
	struct liquid_scope_name *names;
	uint32_t count, cap;
};

struct liquid_compiler;

/* It becomes c->scope, inside of `outer`. */
void liquid_scope_open(struct liquid_compiler *c, struct liquid_scope *outer);
/* The scope of the compiler is left for `to`. */
void liquid_scope_close(struct liquid_compiler *c, struct liquid_scope *to);

/* What the scope at hand calls its own. */
bool liquid_scope_bind(struct liquid_compiler *c, struct str name,
    uint32_t *number) MUST_USE;
/* A slot without a name, until the scope is closed. */
bool liquid_scope_hidden(struct liquid_compiler *c, uint32_t *number) MUST_USE;
/* What a name means where it is read. */
bool liquid_scope_read(struct liquid_compiler *c, struct str name,
    struct liquid_scope_name *out) MUST_USE;
/* What is assigned to, and what tags keep between two runs. */
bool liquid_scope_root(struct liquid_compiler *c, struct str name,
    enum liquid_name_kind kind, uint32_t *number) MUST_USE;

/* The variable's number, LIQUID_NONE if the scope knows none. */
uint32_t liquid_scope_find(const struct liquid_scope *scope, struct str name);

#endif
