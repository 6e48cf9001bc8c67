/*
 * liquid_render.c - render: a snippet in a scope of its own.
 *
 *   render = string [ ( "with" / "for" ) value ] [ "as" name ] [","]
 *            *( name ":" value [","] )
 *
 *   [VALUE [LOOP]]  PARAM*  CLEAR  ASSIGN*  [GIVE]  body  [NEXT]
 *
 * The root scope is cleared whenever it begins; what is not given is looked
 * up in the data.
 */
#include "templates/liquid/liquid_snippet.h"

/* They are pushed, read where the tag stands. */
static bool
render_params(struct liquid_compiler *c, struct liquid_snippet *in)
{
	(void)liquid_lexer_take(&c->lexer, ',');
	while (c->lexer.token == TOKEN_NAME)
		if (!liquid_snippet_param(c, in))
			return false;
	return liquid_compile_finish(c);
}

/* Params on the stack become variables of the new scope; of equal names the
 * last one counts. */
static bool
assign_params(struct liquid_compiler *c, const struct liquid_snippet *in)
{
	uint32_t i, number, known;

	for (i = in->param_count; i-- > 0;) {
		known = c->scope->count;
		if (!liquid_scope_bind(c, in->params[i].name, &number))
			return false;
		if (c->scope->count > known)
			liquid_emit(c, OP_ASSIGN, -1)->u.number = number;
		else
			liquid_emit(c, OP_POP, -1);
	}
	return true;
}

/* The value of "with" on the stack, or what the loop has at hand. */
static bool
give(struct liquid_compiler *c, const struct liquid_snippet *in,
    const struct liquid_for *loop)
{
	uint32_t number;

	if (loop != NULL) {
		if (!liquid_scope_bind(c, STR("forloop"), &number))
			return false;
		liquid_emit(c, OP_NAME, 1)->u.number = loop->forloop;
		liquid_emit(c, OP_GIVE, -1)->u.number = number;
		liquid_emit(c, OP_NAME, 1)->u.number = loop->variable;
	}
	if (!in->has_value)
		return true;
	if (!liquid_scope_bind(c, liquid_snippet_variable(in), &number))
		return false;
	liquid_emit(c, OP_GIVE, -1)->u.number = number;
	return true;
}

/* In a scope of its own; what the loop binds lies outside of what is
 * cleared. */
static bool
render_body(struct liquid_compiler *c, struct liquid_snippet *in,
    const struct liquid_for *loop)
{
	uint32_t first, clear = liquid_emit_here(c);
	struct liquid_scope *outer = c->scope, *root = c->root;
	struct liquid_open *open;
	bool isolated = c->isolated;

	first = c->program->name_count;
	liquid_emit(c, OP_CLEAR, 0);
	liquid_scope_open(c, NULL);
	if (!assign_params(c, in) || !give(c, in, loop))
		return false;
	open = liquid_open_new(c, OPEN_RENDER, loop);
	c->isolated = true;
	if (!liquid_snippet_compile(c, in->name))
		return false;
	c->isolated = isolated;
	c->open = open->outer;
	liquid_emit_patch(c, open->leaves);
	c->program->ops[clear].u.range.first = first;
	c->program->ops[clear].u.range.end = c->program->name_count;
	liquid_scope_close(c, outer);
	c->root = root;
	return true;
}

/* The value is on the stack. */
static bool
render_for(struct liquid_compiler *c, struct liquid_snippet *in)
{
	struct liquid_for *loop = liquid_snippet_loop(c, LOOP_RENDER);
	struct liquid_scope *outer = c->scope;

	loop->title = in->name;
	liquid_scope_open(c, outer);
	if (!liquid_scope_hidden(c, &loop->variable) ||
	    !liquid_scope_hidden(c, &loop->forloop))
		return false;
	liquid_snippet_begin(c, loop);
	if (!render_params(c, in) || !render_body(c, in, loop))
		return false;
	liquid_snippet_end(c, loop);
	liquid_scope_close(c, outer);
	return true;
}

bool
liquid_tag_render(struct liquid_compiler *c)
{
	struct liquid_snippet in = {.param_count = 0};

	c->blank = false;
	if (c->lexer.token != TOKEN_STRING)
		return liquid_compile_expected(c,
		    "the name of a snippet in quotes");
	in.name = c->lexer.text;
	liquid_lexer_next(&c->lexer);
	if (!liquid_snippet_value(c, &in))
		return false;
	if (in.is_for)
		return render_for(c, &in);
	return render_params(c, &in) && render_body(c, &in, NULL);
}
