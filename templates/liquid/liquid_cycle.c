/*
 * liquid_cycle.c - cycle.
 *
 *   cycle = [ value ":" ] value *( "," value ) [","]
 *
 *   NAME CYCLE   ( VALUE PRINT JUMP )*
 *
 * Cycles of one name take turns together.  Without a name those do whose
 * values are written down and the same; one that reads a variable goes by
 * itself.
 */
#include "templates/liquid/liquid_compiler.h"

#define LIQUID_CYCLE_MAX 256 /* values of one cycle */

struct choices {
	uint32_t targets[LIQUID_CYCLE_MAX], count;
	uint32_t ends;
	char *key; /* of written values: each its kind and its text; begins
		    * with a byte that no text of a template has */
	size_t key_n;
	bool written;
};

static bool
choice(struct liquid_compiler *c, struct choices *all)
{
	uint32_t first = liquid_emit_here(c);
	struct liquid_lexer word = c->lexer;

	if (all->count == LIQUID_CYCLE_MAX)
		return liquid_compile_fail(c, c->lexer.at,
		    "more than %d values", LIQUID_CYCLE_MAX);
	all->targets[all->count++] = first;
	if (!liquid_compile_value(c))
		return false;
	if (liquid_emit_here(c) != first + 1 ||
	    c->program->ops[first].code != OP_PUSH)
		all->written = false;
	all->key[all->key_n++] = ' ';
	all->key[all->key_n++] = (char)('0' + word.token);
	if (word.text.n > 0)
		memcpy(all->key + all->key_n, word.text.p, word.text.n);
	all->key_n += word.text.n;
	liquid_emit(c, OP_PRINT, -1);
	liquid_emit_jump(c, OP_JUMP, &all->ends);
	return true;
}

static bool
choices(struct liquid_compiler *c, struct choices *all)
{
	/* A value takes a byte at least, and so does what parts two. */
	all->key = arena_alloc(&c->program->memory,
	    2 * (c->lexer.text.n + c->lexer.rest.n) + 5);
	all->key[all->key_n++] = '\xff';
	do {
		if (!choice(c, all))
			return false;
	} while (
	    liquid_lexer_take(&c->lexer, ',') && c->lexer.token != TOKEN_END);
	return liquid_compile_finish(c);
}

/* Pushes the name that is written; else room for one. */
static bool
name(struct liquid_compiler *c, bool *named)
{
	struct liquid_lexer start = c->lexer;
	size_t ops = c->program->op_count;

	if (!liquid_compile_value(c))
		return false;
	*named = liquid_lexer_take(&c->lexer, ':');
	if (*named)
		return true;
	c->lexer = start;
	c->program->op_count = ops;
	c->stack--;
	liquid_emit(c, OP_PUSH, 1);
	return true;
}

bool
liquid_tag_cycle(struct liquid_compiler *c)
{
	struct liquid *p = c->program;
	struct liquid_cycle *cycle = ARENA_NEW(&p->memory, struct liquid_cycle);
	struct choices all = {.ends = LIQUID_NONE, .written = true};
	uint32_t start;
	bool named;

	c->blank = false;
	if (!name(c, &named) ||
	    !liquid_scope_root(c, STR_NONE, NAME_CYCLES, &cycle->state))
		return false;
	start = liquid_emit_here(c);
	liquid_emit(c, OP_CYCLE, -1)->u.cycle = cycle;
	if (!choices(c, &all))
		return false;
	liquid_emit_patch(c, all.ends);
	cycle->end = liquid_emit_here(c);
	cycle->count = all.count;
	cycle->targets = ARENA_ARRAY(&p->memory, uint32_t, all.count);
	memcpy(cycle->targets, all.targets, all.count * sizeof(*all.targets));
	if (!named && all.written)
		p->ops[start - 1].u.value =
		    value_string((struct str){all.key, all.key_n});
	else if (!named)
		p->ops[start - 1].u.value =
		    value_string(arena_printf(&p->memory, "\xff%u", start));
	return true;
}
