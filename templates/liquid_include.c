/*
 * liquid_include.c - include and render: snippets, compiled in where they
 * are taken in.
 *
 *   include = value [ ( "with" / "for" ) value ] [ "as" name ] [","] params
 *   render  = string [ ( "with" / "for" ) value ] [ "as" name ] [","] params
 *   params  = *( name ":" value [","] )
 *
 *   include:  VALUE   ( PARAM ASSIGN )*   LOOP  body  NEXT
 *   render:   [VALUE [LOOP]]  PARAM*  CLEAR  ASSIGN*  [GIVE]  body  [NEXT]
 *
 * An include sees the variables around it and binds its own in a scope; the
 * value has a round for each item when it is an array.  A render has a root
 * scope, cleared whenever it begins.  Where the name is computed, all
 * snippets are compiled in and one of them is chosen:
 *
 *   NAME CHOOSE   ( LOOP body NEXT JUMP )*
 */
#include "templates/liquid_compiler.h"

struct param {
	struct str name;
	uint32_t number;
};

struct include {
	struct str name;  /* of the snippet; empty while it is computed */
	struct str alias; /* of the value; empty: the name's last part */
	bool has_value, is_for;
	struct param params[LIQUID_PARAMS_MAX];
	uint32_t param_count;
};

static struct str
variable_name(const struct include *in)
{
	struct str rest = in->name, part = in->name;

	if (in->alias.n > 0)
		return in->alias;
	while (str_cut(&rest, '/', &part))
		;
	return part;
}

/* The snippet is being read already. */
static bool
is_open(const struct liquid_compiler *c, struct str name)
{
	const struct liquid_source *s = &c->program->sources[c->source];

	while (s->base > 0) {
		if (str_eq(s->name, name))
			return true;
		s = liquid_source_of(c->program, s->from);
	}
	return false;
}

/* Where the data choose the snippet only a render that comes here fails. */
static bool
refuse(struct liquid_compiler *c, const char *text, struct str name)
{
	if (name.n > 100)
		name.n = 100;
	if (c->maybe == 0)
		return liquid_compile_fail(c, c->piece.at, "%s%.*s", text,
		    STR_ARG(name));
	liquid_emit(c, OP_FAIL, 0)->u.text =
	    arena_printf(&c->program->memory, "%s%.*s", text, STR_ARG(name));
	return true;
}

static bool
find_source(struct liquid_compiler *c, struct str name, struct str *text)
{
	const struct liquid *p = c->program;
	uint32_t i;

	for (i = 1; i < p->source_count; i++)
		if (str_eq(p->sources[i].name, name)) {
			*text = p->sources[i].text;
			return true;
		}
	return c->options->partial != NULL &&
	       c->options->partial(name, text, c->options->partial_arg);
}

/* The pieces of the snippet; afterwards all is as before. */
static bool
compile_source(struct liquid_compiler *c, struct str name, struct str text)
{
	struct liquid_compiler outer = *c;

	if (text.n > LIQUID_SOURCE_MAX || !str_is_utf8(text))
		return liquid_compile_fail(c, c->piece.at,
		    "snippet '%.*s' is %s", (int)(name.n < 60 ? name.n : 60),
		    name.p,
		    text.n > LIQUID_SOURCE_MAX ? "too large" : "not UTF-8");
	c->includes++;
	if (!liquid_source_add(c, arena_dup(&c->program->memory, name), text) ||
	    !liquid_compile_rest(c))
		return false;
	c->includes--;
	c->source = outer.source;
	c->scan = outer.scan;
	c->piece = outer.piece;
	c->lexer = outer.lexer;
	c->blank = false;
	return true;
}

static bool
snippet(struct liquid_compiler *c, struct str name)
{
	struct str text;

	if (is_open(c, name))
		return refuse(c,
		    "nesting too deep: a snippet takes in itself: ", name);
	if (c->includes == LIQUID_INCLUDE_MAX)
		return refuse(c,
		    "nesting too deep: more than 8 snippets inside of each "
		    "other: ",
		    name);
	if (!find_source(c, name, &text))
		return refuse(c, "Could not find asset ", name);
	return compile_source(c, name, text);
}

/* "with" or "for", "as"; the value is pushed. */
static bool
value(struct liquid_compiler *c, struct include *in)
{
	struct liquid_lexer *x = &c->lexer;

	in->is_for = liquid_lexer_take_word(x, "for");
	in->has_value = in->is_for || liquid_lexer_take_word(x, "with");
	if (in->has_value && !liquid_compile_value(c))
		return false;
	if (!liquid_lexer_take_word(x, "as"))
		return true;
	if (x->token != TOKEN_NAME)
		return liquid_compile_expected(c, "a name behind 'as'");
	in->alias = x->text;
	liquid_lexer_next(x);
	return true;
}

/* One of the params: its value is pushed. */
static bool
param(struct liquid_compiler *c, struct include *in)
{
	struct liquid_lexer *x = &c->lexer;

	if (in->param_count == LIQUID_PARAMS_MAX)
		return liquid_compile_fail(c, x->at, "more than %d arguments",
		    LIQUID_PARAMS_MAX);
	in->params[in->param_count].name = x->text;
	liquid_lexer_next(x);
	if (!liquid_lexer_take(x, ':'))
		return liquid_compile_expected(c, "':'");
	if (!liquid_compile_value(c))
		return false;
	in->param_count++;
	(void)liquid_lexer_take(x, ',');
	return true;
}

/* Each of an include sees those before it. */
static bool
include_params(struct liquid_compiler *c, struct include *in)
{
	struct param *p;

	(void)liquid_lexer_take(&c->lexer, ',');
	while (c->lexer.token == TOKEN_NAME) {
		if (!param(c, in))
			return false;
		p = &in->params[in->param_count - 1];
		if (!liquid_scope_bind(c, p->name, &p->number))
			return false;
		liquid_emit(c, OP_ASSIGN, -1)->u.number = p->number;
	}
	return liquid_compile_finish(c);
}

static struct liquid_for *
new_loop(struct liquid_compiler *c, enum liquid_loop_kind kind)
{
	struct liquid_for *loop =
	    ARENA_NEW(&c->program->memory, struct liquid_for);

	loop->kind = kind;
	loop->forloop = loop->cursor = loop->parent = LIQUID_NONE;
	return loop;
}

static void
loop_begin(struct liquid_compiler *c, struct liquid_for *loop)
{
	liquid_emit(c, OP_LOOP, -1)->u.loop = loop;
	loop->body = liquid_emit_here(c);
}

static void
loop_end(struct liquid_compiler *c, struct liquid_for *loop)
{
	loop->next = liquid_emit_here(c);
	liquid_emit(c, OP_NEXT, 0)->u.loop = loop;
	loop->otherwise = loop->end = liquid_emit_here(c);
}

/* The value is on the stack; the scope is that of the include. */
static bool
include_body(struct liquid_compiler *c, const struct include *in)
{
	struct liquid_for *loop = new_loop(c, LOOP_INCLUDE);
	struct liquid_open *open;

	if (!liquid_scope_bind(c, variable_name(in), &loop->variable))
		return false;
	loop_begin(c, loop);
	open = liquid_open_new(c, OPEN_INCLUDE, loop);
	if (!snippet(c, in->name))
		return false;
	c->open = open->outer;
	loop_end(c, loop);
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
include_static(struct liquid_compiler *c, struct include *in)
{
	struct liquid_scope *outer = c->scope;

	if (!value(c, in) || (!in->has_value && !include_value(c, in->name)))
		return false;
	liquid_scope_open(c, outer);
	if (!include_params(c, in) || !include_body(c, in))
		return false;
	liquid_scope_close(c, outer);
	return true;
}

/* One that may be chosen; the value is in a variable. */
static bool
alternative(struct liquid_compiler *c, struct include *in, uint32_t kept,
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
alternatives(struct liquid_compiler *c, struct include *in, uint32_t kept,
    struct liquid_choice *choice)
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
include_computed(struct liquid_compiler *c, struct include *in)
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
	if (!value(c, in))
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
	struct include in = {.param_count = 0};

	c->blank = false;
	if (c->isolated)
		return refuse(c, "include usage is not allowed in this context",
		    STR_NONE);
	if (c->lexer.token != TOKEN_STRING)
		return liquid_compile_value(c) && include_computed(c, &in);
	in.name = c->lexer.text;
	liquid_lexer_next(&c->lexer);
	return include_static(c, &in);
}

/* They are pushed, read where the tag stands. */
static bool
render_params(struct liquid_compiler *c, struct include *in)
{
	(void)liquid_lexer_take(&c->lexer, ',');
	while (c->lexer.token == TOKEN_NAME)
		if (!param(c, in))
			return false;
	return liquid_compile_finish(c);
}

/* Params on the stack become variables of the new scope; of equal names the
 * last one counts. */
static bool
assign_params(struct liquid_compiler *c, const struct include *in)
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
give(struct liquid_compiler *c, const struct include *in,
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
	if (!liquid_scope_bind(c, variable_name(in), &number))
		return false;
	liquid_emit(c, OP_GIVE, -1)->u.number = number;
	return true;
}

/* In a scope of its own; what the loop binds lies outside of what is
 * cleared. */
static bool
render_body(struct liquid_compiler *c, struct include *in,
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
	if (!snippet(c, in->name))
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
render_for(struct liquid_compiler *c, struct include *in)
{
	struct liquid_for *loop = new_loop(c, LOOP_RENDER);
	struct liquid_scope *outer = c->scope;

	loop->title = in->name;
	liquid_scope_open(c, outer);
	if (!liquid_scope_hidden(c, &loop->variable) ||
	    !liquid_scope_hidden(c, &loop->forloop))
		return false;
	loop_begin(c, loop);
	if (!render_params(c, in) || !render_body(c, in, loop))
		return false;
	loop_end(c, loop);
	liquid_scope_close(c, outer);
	return true;
}

bool
liquid_tag_render(struct liquid_compiler *c)
{
	struct include in = {.param_count = 0};

	c->blank = false;
	if (c->lexer.token != TOKEN_STRING)
		return liquid_compile_expected(c,
		    "the name of a snippet in quotes");
	in.name = c->lexer.text;
	liquid_lexer_next(&c->lexer);
	if (!value(c, &in))
		return false;
	if (in.is_for)
		return render_for(c, &in);
	return render_params(c, &in) && render_body(c, &in, NULL);
}
