/*
 * liquid_for.c - for, break, continue.
 *
 *   for = name "in" value *( [","] ( "reversed" / "limit" ":" value /
 *         "offset" ":" ( value / "continue" ) ) ) [","]
 *
 *   ITEMS [LIMIT] [OFFSET] LOOP   body ...   NEXT   else ...   (end)
 */
#include "templates/liquid_compiler.h"

/* Values are pushed in the order limit, offset, however they are written:
 * each pass emits one of them and drops the rest. */
static bool
attribute(struct liquid_compiler *c, struct liquid_for *loop, bool offset)
{
	struct liquid_lexer *x = &c->lexer;
	size_t ops = c->program->op_count;
	uint32_t stack = c->stack;
	bool is_offset;

	if (liquid_lexer_take_word(x, "reversed"))
		return loop->reversed = true;
	is_offset = liquid_lexer_is_word(x, "offset");
	if (!is_offset && !liquid_lexer_is_word(x, "limit"))
		return liquid_compile_expected(c,
		    "'limit', 'offset' or 'reversed'");
	liquid_lexer_next(x);
	if (!liquid_lexer_take(x, ':'))
		return liquid_compile_expected(c, "':'");
	if (is_offset && liquid_lexer_take_word(x, "continue"))
		return loop->goes_on = true;
	if (!liquid_compile_value(c))
		return false;
	if (is_offset != offset ||
	    (offset ? loop->has_offset : loop->has_limit)) {
		c->program->op_count = ops;
		c->stack = stack;
	} else if (offset) {
		loop->has_offset = true;
	} else {
		loop->has_limit = true;
	}
	return true;
}

static bool
attributes(struct liquid_compiler *c, struct liquid_for *loop)
{
	struct liquid_lexer behind = c->lexer;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		c->lexer = behind;
		while (c->lexer.token != TOKEN_END) {
			if (liquid_lexer_take(&c->lexer, ','))
				continue;
			if (!attribute(c, loop, pass == 1))
				return false;
		}
	}
	return true;
}

/* "name-items", the blanks outside of quotes left out. */
static struct str
title(struct liquid_compiler *c, struct str name, struct liquid_lexer items)
{
	size_t n = name.n + 1 + items.text.n + items.rest.n + 2;
	char *to = arena_alloc(&c->program->memory, n);
	const char *end = c->lexer.at;
	size_t used = name.n;

	memcpy(to, name.p, name.n);
	to[used++] = '-';
	while (items.at < end && items.token != TOKEN_END) {
		struct str raw = {items.at,
		    (size_t)((items.rest.p != NULL ? items.rest.p : end) -
			     items.at)};

		memcpy(to + used, raw.p, raw.n);
		used += raw.n;
		liquid_lexer_next(&items);
	}
	return (struct str){to, used};
}

/* Loops of one title go on where the last of them stopped. */
static bool
cursor(struct liquid_compiler *c, struct liquid_for *loop)
{
	struct liquid *p = c->program;

	for (loop->cursor = 0; loop->cursor < p->cursor_count; loop->cursor++)
		if (str_eq(p->cursors[loop->cursor], loop->title))
			return true;
	if (p->cursor_count == LIQUID_NAMES_MAX)
		return liquid_compile_fail(c, c->piece.at,
		    "more than %d different loops", LIQUID_NAMES_MAX);
	p->cursors[p->cursor_count++] = loop->title;
	return true;
}

static bool
head(struct liquid_compiler *c, struct liquid_for *loop)
{
	struct str name = c->lexer.text;
	struct liquid_lexer items;

	if (c->lexer.token != TOKEN_NAME)
		return liquid_compile_expected(c, "a name for the items");
	liquid_lexer_next(&c->lexer);
	if (!liquid_lexer_take_word(&c->lexer, "in"))
		return liquid_compile_expected(c, "'in'");
	items = c->lexer;
	if (!liquid_compile_value(c))
		return false;
	loop->title = title(c, name, items);
	return attributes(c, loop) && cursor(c, loop) &&
	       liquid_emit_name(c, name, &loop->variable) &&
	       liquid_emit_name(c, STR("forloop"), &loop->forloop);
}

/* The `else` and what must stand behind it. */
static bool
otherwise(struct liquid_compiler *c, const char *at)
{
	uint32_t end = LIQUID_NONE;

	while (liquid_compile_is(c, "else")) {
		if (!liquid_compile_block(c, "for", at))
			return false;
		liquid_emit_jump(c, OP_JUMP, &end);
	}
	liquid_emit_patch(c, end);
	return true;
}

bool
liquid_tag_for(struct liquid_compiler *c)
{
	const char *at = c->piece.at;
	struct liquid_for *loop =
	    ARENA_NEW(&c->program->memory, struct liquid_for);
	struct liquid_open *open = liquid_open_new(c, loop);
	struct liquid_blank blank;

	if (!head(c, loop))
		return false;
	liquid_emit(c, OP_LOOP, -1 - loop->has_limit - loop->has_offset)
	    ->u.loop = loop;
	blank = liquid_blank_begin(c);
	loop->body = liquid_emit_here(c);
	c->open = open;
	if (!liquid_compile_block(c, "for", at))
		return false;
	c->open = open->outer;
	loop->next = liquid_emit_here(c);
	liquid_emit(c, OP_NEXT, 0)->u.loop = loop;
	loop->otherwise = liquid_emit_here(c);
	if (!otherwise(c, at))
		return false;
	if (!liquid_compile_is(c, "endfor"))
		return liquid_compile_stray(c, "for", at);
	loop->end = liquid_emit_here(c);
	liquid_blank_end(c, blank);
	return true;
}

/* Captures between here and the loop end with what they have. */
static bool
leave(struct liquid_compiler *c, enum liquid_code code)
{
	const struct liquid_open *open;
	uint32_t stack = c->stack;

	c->blank = false;
	for (open = c->open; open != NULL && open->loop == NULL;
	     open = open->outer)
		liquid_emit(c, OP_CAPTURED, -1)->u.number = open->capture;
	if (open != NULL)
		liquid_emit(c, code, 0)->u.loop = open->loop;
	else
		liquid_emit(c, OP_END, 0);
	c->stack = stack;
	return liquid_compile_finish(c);
}

bool
liquid_tag_break(struct liquid_compiler *c)
{
	return leave(c, OP_BREAK);
}

bool
liquid_tag_continue(struct liquid_compiler *c)
{
	return leave(c, OP_CONTINUE);
}
