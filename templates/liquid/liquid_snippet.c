#include "templates/liquid/liquid_snippet.h"

struct str
liquid_snippet_variable(const struct liquid_snippet *in)
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

bool
liquid_snippet_refuse(struct liquid_compiler *c, const char *text,
    struct str name)
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

bool
liquid_snippet_compile(struct liquid_compiler *c, struct str name)
{
	struct str text;

	if (is_open(c, name))
		return liquid_snippet_refuse(c,
		    "nesting too deep: a snippet takes in itself: ", name);
	if (c->includes == LIQUID_INCLUDE_MAX)
		return liquid_snippet_refuse(c, "nesting too deep: at snippet ",
		    name);
	if (!find_source(c, name, &text))
		return liquid_snippet_refuse(c, "Could not find asset ", name);
	return compile_source(c, name, text);
}

bool
liquid_snippet_value(struct liquid_compiler *c, struct liquid_snippet *in)
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

bool
liquid_snippet_param(struct liquid_compiler *c, struct liquid_snippet *in)
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

struct liquid_for *
liquid_snippet_loop(struct liquid_compiler *c, enum liquid_loop_kind kind)
{
	struct liquid_for *loop =
	    ARENA_NEW(&c->program->memory, struct liquid_for);

	loop->kind = kind;
	loop->forloop = loop->cursor = loop->parent = LIQUID_NONE;
	return loop;
}

void
liquid_snippet_begin(struct liquid_compiler *c, struct liquid_for *loop)
{
	liquid_emit(c, OP_LOOP, -1)->u.loop = loop;
	loop->body = liquid_emit_here(c);
}

void
liquid_snippet_end(struct liquid_compiler *c, struct liquid_for *loop)
{
	loop->next = liquid_emit_here(c);
	liquid_emit(c, OP_NEXT, 0)->u.loop = loop;
	loop->otherwise = loop->end = liquid_emit_here(c);
}
