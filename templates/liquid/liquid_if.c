/*
 * liquid_if.c - if, unless: branches as jumps.
 */
#include "templates/liquid/liquid_compiler.h"

static bool
condition(struct liquid_compiler *c, enum liquid_code unless, uint32_t *skip)
{
	if (!liquid_compile_condition(c) || !liquid_compile_finish(c))
		return false;
	*skip = LIQUID_NONE;
	liquid_emit_jump(c, unless, skip);
	return true;
}

/* The branches behind the first condition.  What follows an `else` is read
 * and never reached. */
static bool
branches(struct liquid_compiler *c, const char *name, const char *at,
    uint32_t skip)
{
	uint32_t ends = LIQUID_NONE;

	for (;;) {
		if (!liquid_compile_block(c, name, at))
			return false;
		if (!liquid_compile_is(c, "elsif") &&
		    !liquid_compile_is(c, "else"))
			break;
		liquid_emit_jump(c, OP_JUMP, &ends);
		liquid_emit_patch(c, skip);
		skip = LIQUID_NONE;
		if (liquid_compile_is(c, "elsif") &&
		    !condition(c, OP_JUMP_FALSE, &skip))
			return false;
	}
	liquid_emit_patch(c, skip);
	liquid_emit_patch(c, ends);
	return true;
}

static bool
compile(struct liquid_compiler *c, const char *name, const char *end,
    enum liquid_code jump)
{
	const char *at = c->piece.at;
	struct liquid_blank blank;
	uint32_t skip;

	if (!condition(c, jump, &skip))
		return false;
	blank = liquid_blank_begin(c);
	if (!branches(c, name, at, skip))
		return false;
	if (!liquid_compile_is(c, end))
		return liquid_compile_stray(c, name, at);
	liquid_blank_end(c, blank);
	return true;
}

bool
liquid_tag_if(struct liquid_compiler *c)
{
	return compile(c, "if", "endif", OP_JUMP_FALSE);
}

bool
liquid_tag_unless(struct liquid_compiler *c)
{
	return compile(c, "unless", "endunless", OP_JUMP_TRUE);
}
