/*
 * liquid_for.c - for, tablerow, break, continue.
 *
 *   for       = name "in" value *( [","] attribute ) [","]
 *   attribute = "reversed" / "offset" ":" "continue" /
 *               ( "limit" / "offset" / "cols" ) ":" value
 *
 * (tablerow also takes "range", which means nothing)
 *
 *   ITEMS [LIMIT] [OFFSET] [COLS] LOOP   body ...   NEXT   else ...   (end)
 */
#include "templates/liquid/liquid_compiler.h"

static const char *const names[LOOP_ATTRIBUTES] = {"limit", "offset", "cols"};

/* Which of them stands here; LOOP_ATTRIBUTES if none that the loop knows. */
static enum liquid_loop_attribute
attribute_at(const struct liquid_compiler *c, const struct liquid_for *loop)
{
	unsigned i,
	    known = loop->kind == LOOP_FOR ? LOOP_COLS : LOOP_ATTRIBUTES;

	for (i = 0; i < known; i++)
		if (liquid_lexer_is_word(&c->lexer, names[i]))
			return (enum liquid_loop_attribute)i;
	return LOOP_ATTRIBUTES;
}

/* Where values are pushed: each pass emits that of one attribute. */
struct pass {
	enum liquid_loop_attribute wanted;
	size_t ops; /* before it */
	uint32_t stack;
};

/* The one that stands last counts. */
static void
forget(struct liquid_compiler *c, struct liquid_for *loop,
    const struct pass *pass)
{
	c->program->op_count = pass->ops;
	c->stack = pass->stack;
	loop->has[pass->wanted] = false;
}

static bool
attribute_value(struct liquid_compiler *c, struct liquid_for *loop,
    const struct pass *pass, enum liquid_loop_attribute which)
{
	size_t ops;
	uint32_t stack;

	if (which == pass->wanted)
		forget(c, loop, pass);
	if (loop->kind == LOOP_FOR && which == LOOP_OFFSET) {
		loop->goes_on = liquid_lexer_take_word(&c->lexer, "continue");
		if (loop->goes_on)
			return true;
	}
	ops = c->program->op_count;
	stack = c->stack;
	if (!liquid_compile_value(c))
		return false;
	if (which == pass->wanted) {
		loop->has[which] = true;
	} else {
		c->program->op_count = ops;
		c->stack = stack;
	}
	return true;
}

static bool
attribute(struct liquid_compiler *c, struct liquid_for *loop,
    const struct pass *pass)
{
	struct liquid_lexer *x = &c->lexer;
	enum liquid_loop_attribute which = attribute_at(c, loop);
	bool ignored =
	    loop->kind == LOOP_TABLEROW && liquid_lexer_is_word(x, "range");

	if (loop->kind == LOOP_FOR && liquid_lexer_take_word(x, "reversed"))
		return loop->reversed = true;
	if (which == LOOP_ATTRIBUTES && !ignored)
		return liquid_compile_expected(c,
		    loop->kind == LOOP_FOR ? "'limit', 'offset' or 'reversed'"
					   : "'cols', 'limit' or 'offset'");
	liquid_lexer_next(x);
	if (!liquid_lexer_take(x, ':'))
		return liquid_compile_expected(c, "':'");
	return attribute_value(c, loop, pass, which);
}

/* Values are pushed in the order of the enum, however they are written. */
static bool
attributes(struct liquid_compiler *c, struct liquid_for *loop)
{
	struct liquid_lexer behind = c->lexer;
	struct pass pass;
	unsigned i;

	for (i = 0; i < LOOP_ATTRIBUTES; i++) {
		pass = (struct pass){
		    .wanted = (enum liquid_loop_attribute)i,
		    .ops = c->program->op_count,
		    .stack = c->stack,
		};
		c->lexer = behind;
		while (c->lexer.token != TOKEN_END) {
			if (liquid_lexer_take(&c->lexer, ','))
				continue;
			if (!attribute(c, loop, &pass))
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

/* How many loops are around the `for` that is this one's parent; none for
 * the outermost of a template or snippet. */
static uint32_t
parent(const struct liquid_compiler *c)
{
	const struct liquid_open *open;

	for (open = c->open; open != NULL && open->kind != OPEN_RENDER;
	     open = open->outer)
		if (open->kind == OPEN_LOOP && open->loop->kind == LOOP_FOR)
			return open->loops - 1;
	return LIQUID_NONE;
}

/* What the scope of the body calls its own. */
static bool
bind(struct liquid_compiler *c, struct liquid_for *loop, struct str name)
{
	liquid_scope_open(c, c->scope);
	return liquid_scope_bind(c, name, &loop->variable) &&
	       liquid_scope_bind(c,
		   loop->kind == LOOP_FOR ? STR("forloop")
					  : STR("tablerowloop"),
		   &loop->forloop);
}

/* Up to OP_LOOP. */
static bool
head(struct liquid_compiler *c, struct liquid_for *loop)
{
	struct str name = c->lexer.text;
	struct liquid_lexer items;
	int effect = -1;
	unsigned i;

	if (c->lexer.token != TOKEN_NAME)
		return liquid_compile_expected(c, "a name for the items");
	liquid_lexer_next(&c->lexer);
	if (!liquid_lexer_take_word(&c->lexer, "in"))
		return liquid_compile_expected(c, "'in'");
	items = c->lexer;
	if (!liquid_compile_value(c))
		return false;
	loop->title = title(c, name, items);
	loop->parent = parent(c);
	/* Loops of one title go on where the last of them stopped. */
	if (!attributes(c, loop) ||
	    !liquid_scope_root(c, loop->title, NAME_CURSOR, &loop->cursor) ||
	    !bind(c, loop, name))
		return false;
	for (i = 0; i < LOOP_ATTRIBUTES; i++)
		effect -= loop->has[i];
	liquid_emit(c, OP_LOOP, effect)->u.loop = loop;
	return true;
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

/* Behind OP_LOOP; leaves the scope that the head has opened. */
static bool
body(struct liquid_compiler *c, struct liquid_for *loop, const char *name,
    const char *at)
{
	struct liquid_open *open = liquid_open_new(c, OPEN_LOOP, loop);

	loop->body = liquid_emit_here(c);
	if (!liquid_compile_block(c, name, at))
		return false;
	c->open = open->outer;
	liquid_scope_close(c, c->scope->outer);
	loop->next = liquid_emit_here(c);
	liquid_emit(c, OP_NEXT, 0)->u.loop = loop;
	loop->otherwise = loop->end = liquid_emit_here(c);
	return true;
}

bool
liquid_tag_for(struct liquid_compiler *c)
{
	const char *at = c->piece.at;
	struct liquid_for *loop =
	    ARENA_NEW(&c->program->memory, struct liquid_for);
	struct liquid_blank blank;

	if (!head(c, loop))
		return false;
	blank = liquid_blank_begin(c);
	if (!body(c, loop, "for", at) || !otherwise(c, at))
		return false;
	if (!liquid_compile_is(c, "endfor"))
		return liquid_compile_stray(c, "for", at);
	loop->end = liquid_emit_here(c);
	liquid_blank_end(c, blank);
	return true;
}

/* Its table is written whatever the body shows. */
bool
liquid_tag_tablerow(struct liquid_compiler *c)
{
	const char *at = c->piece.at;
	struct liquid_for *loop =
	    ARENA_NEW(&c->program->memory, struct liquid_for);

	loop->kind = LOOP_TABLEROW;
	c->blank = false;
	if (!head(c, loop) || !body(c, loop, "tablerow", at))
		return false;
	return liquid_compile_is(c, "endtablerow") ||
	       liquid_compile_stray(c, "tablerow", at);
}

/* Ends what is open between here and there; as the code behind goes on with
 * what is open still, the stack is told to be as before. */
static void
unwind(struct liquid_compiler *c, const struct liquid_open *open)
{
	while (c->stack > open->stack)
		liquid_emit(c, OP_POP, -1);
	if (open->kind == OPEN_CAPTURE)
		liquid_emit(c, open->close, -1)->u.number = open->number;
	else if (open->kind == OPEN_INCLUDE)
		liquid_emit(c, OP_LEAVE, 0)->u.loop = open->loop;
}

/* Out of a loop; out of a snippet that was rendered; or to the end. */
static bool
leave(struct liquid_compiler *c, enum liquid_code code)
{
	struct liquid_open *open;
	uint32_t stack = c->stack;

	c->blank = false;
	for (open = c->open; open != NULL && open->kind != OPEN_LOOP;
	     open = open->outer) {
		unwind(c, open);
		if (open->kind == OPEN_RENDER)
			break;
	}
	if (open == NULL)
		liquid_emit(c, OP_END, 0);
	else if (open->kind == OPEN_LOOP)
		liquid_emit(c, code, 0)->u.loop = open->loop;
	else
		liquid_emit_jump(c, OP_JUMP, &open->leaves);
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
