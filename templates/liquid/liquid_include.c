/*
 * liquid_include.c - include: a snippet among the variables around it.
 *
 *   include = value [ ( "with" / "for" ) value ] [ "as" name ] [","]
 *             *( name ":" value [","] )
 *
 *   VALUE   ( PARAM ASSIGN )*   LOOP  body  NEXT
 *
 * Params and the value live in a scope of the include; the value has a round
 * for each item when it is an array.  Where the name is computed, all
 * snippets are compiled in and one of them is chosen:
 *
 *   NAME CHOOSE   ( LOOP body NEXT JUMP )*
 */
#include "templates/liquid/liquid_snippet.h"

/* Each of an include sees those before it. */
static bool
include_params(struct liquid_compiler *c, struct liquid_snippet *in)
{
	struct liquid_param *p;

	(void)liquid_lexer_take(&c->lexer, ',');
	while (c->lexer.token == TOKEN_NAME) {
		if (!liquid_snippet_param(c, in))
			return false;
		p = &in->params[in->param_count - 1];
		if (!liquid_scope_bind(c, p->name, &p->number))
			return false;
		liquid_emit(c, OP_ASSIGN, -1)->u.number = p->number;
	}
	return liquid_compile_finish(c);
}

/* The value is on the stack; the scope is that of the include. */
static bool
include_body(struct liquid_compiler *c, const struct liquid_snippet *in)
{
	struct liquid_for *loop = liquid_snippet_loop(c, LOOP_INCLUDE);
	struct liquid_open *open;

	if (!liquid_scope_bind(c, liquid_snippet_variable(in), &loop->variable))
		return false;
	liquid_snippet_begin(c, loop);
	open = liquid_open_new(c, OPEN_INCLUDE, loop);
	if (!liquid_snippet_compile(c, in->name))
		return false;
	c->open = open->outer;
	liquid_snippet_end(c, loop);
	return true;
}

/* What is called like a snippet may be read, if a name can be so. */
static bool
tell(struct liquid_compiler *c, struct str name)
{
	struct liquid_lexer x;

	liquid_lexer_init(&x, name);
	return x.token != TOKEN_NAME || x.rest.n > 0 ||
	       liquid_compile_path(c, name, STR_NONE);
}

/* Without "with" the value is what is called like the snippet. */
static bool
include_value(struct liquid_compiler *c, struct str name)
{
	struct liquid_scope_name variable;

	if (!liquid_scope_read(c, name, &variable))
		return false;
	liquid_emit(c, OP_NAME, 1)->u.number = variable.number;
	return variable.given || tell(c, name);
}

static bool
include_static(struct liquid_compiler *c, struct liquid_snippet *in)
{
	struct liquid_scope *outer = c->scope;

	if (!liquid_snippet_value(c, in) ||
	    (!in->has_value && !include_value(c, in->name)))
		return false;
	liquid_scope_open(c, outer);
	if (!include_params(c, in) || !include_body(c, in))
		return false;
	liquid_scope_close(c, outer);
	return true;
}

/* One that may be chosen; the value is in a variable. */
static bool
alternative(struct liquid_compiler *c, struct liquid_snippet *in, uint32_t kept,
    uint32_t *ends)
{
	struct liquid_scope *outer = c->scope;

	if (!in->has_value && !tell(c, in->name))
		return false;
	liquid_emit(c, OP_NAME, 1)->u.number = kept;
	liquid_scope_open(c, outer);
	if (!include_body(c, in))
		return false;
	liquid_scope_close(c, outer);
	liquid_emit_jump(c, OP_JUMP, ends);
	return true;
}

/* Behind OP_CHOOSE. */
static bool
alternatives(struct liquid_compiler *c, struct liquid_snippet *in,
    uint32_t kept, struct liquid_choice *choice)
{
	const struct liquid_options *o = c->options;
	uint32_t ends = LIQUID_NONE, n = (uint32_t)o->partial_count;
	struct str *names = ARENA_ARRAY(&c->program->memory, struct str, n + 1);

	choice->targets = ARENA_ARRAY(&c->program->memory, uint32_t, n + 1);
	choice->names = names;
	choice->count = n;
	c->maybe++;
	for (n = 0; n < choice->count; n++) {
		names[n] = arena_dup(&c->program->memory, o->partial_names[n]);
		in->name = names[n];
		choice->targets[n] = liquid_emit_here(c);
		if (!alternative(c, in, kept, &ends))
			return false;
	}
	c->maybe--;
	liquid_emit_patch(c, ends);
	return true;
}

/* The name is on the stack. */
static bool
include_computed(struct liquid_compiler *c, struct liquid_snippet *in)
{
	struct liquid_choice *choice =
	    ARENA_NEW(&c->program->memory, struct liquid_choice);
	struct liquid_scope *outer = c->scope;
	uint32_t name, kept;

	if (c->options->partial_names == NULL)
		return liquid_compile_fail(c, c->piece.at,
		    "the name of a snippet must stand here in quotes");
	liquid_scope_open(c, outer);
	if (!liquid_scope_hidden(c, &name) || !liquid_scope_hidden(c, &kept))
		return false;
	liquid_emit(c, OP_ASSIGN, -1)->u.number = name;
	if (!liquid_snippet_value(c, in))
		return false;
	if (!in->has_value) {
		liquid_emit(c, OP_NAME, 1)->u.number = name;
		liquid_emit(c, OP_NAMED, 0)->u.scope = outer;
	}
	liquid_emit(c, OP_ASSIGN, -1)->u.number = kept;
	if (!include_params(c, in))
		return false;
	liquid_emit(c, OP_NAME, 1)->u.number = name;
	liquid_emit(c, OP_CHOOSE, -1)->u.choice = choice;
	if (!alternatives(c, in, kept, choice))
		return false;
	liquid_scope_close(c, outer);
	return true;
}

bool
liquid_tag_include(struct liquid_compiler *c)
{
	struct liquid_snippet in = {.param_count = 0};

	c->blank = false;
	if (c->isolated)
		return liquid_snippet_refuse(c,
		    "include usage is not allowed in this context", STR_NONE);
	if (c->lexer.token != TOKEN_STRING)
		return liquid_compile_value(c) && include_computed(c, &in);
	in.name = c->lexer.text;
	liquid_lexer_next(&c->lexer);
	return include_static(c, &in);
}
