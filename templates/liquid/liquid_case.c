/*
 * liquid_case.c - case: each `when` runs once for every value that matches,
 * and an `else` if none has matched so far.
 *
 *   case = value        when = value *( ( "or" / "," ) value )
 *
 *   VALUE CASE   ( VALUE WHEN )* ROUND body JUMP   ELSE body   POP POP
 */
#include "templates/liquid/liquid_compiler.h"

/* `and` joins nothing here; as in the reference, what it leads in is not
 * looked at. */
static bool
values(struct liquid_compiler *c)
{
	struct liquid_lexer *x = &c->lexer;

	do {
		if (!liquid_compile_compared(c))
			return false;
		liquid_emit(c, OP_WHEN, -1);
	} while (liquid_lexer_take(x, ',') || liquid_lexer_take_word(x, "or"));
	return liquid_lexer_is_word(x, "and") || liquid_compile_finish(c);
}

static bool
when(struct liquid_compiler *c, const char *at)
{
	uint32_t done = LIQUID_NONE, round;

	if (!values(c))
		return false;
	round = liquid_emit_here(c);
	liquid_emit(c, OP_ROUND, 0)->u.target = LIQUID_NONE;
	done = round;
	if (!liquid_compile_block(c, "case", at))
		return false;
	liquid_emit(c, OP_JUMP, 0)->u.target = round;
	liquid_emit_patch(c, done);
	return true;
}

static bool
otherwise(struct liquid_compiler *c, const char *at)
{
	uint32_t done = liquid_emit_here(c);

	if (!liquid_compile_finish(c))
		return false;
	liquid_emit(c, OP_ELSE, 0)->u.target = LIQUID_NONE;
	if (!liquid_compile_block(c, "case", at))
		return false;
	liquid_emit_patch(c, done);
	return true;
}

/* What stands before the first branch is read and left out. */
static bool
preamble(struct liquid_compiler *c, const char *at)
{
	size_t ops = c->program->op_count;
	bool blank = c->blank;

	if (!liquid_compile_block(c, "case", at))
		return false;
	c->program->op_count = ops;
	c->blank = blank;
	return true;
}

static bool
branches(struct liquid_compiler *c, const char *at)
{
	for (;;) {
		if (liquid_compile_is(c, "when")) {
			if (!when(c, at))
				return false;
		} else if (liquid_compile_is(c, "else")) {
			if (!otherwise(c, at))
				return false;
		} else {
			return true;
		}
	}
}

bool
liquid_tag_case(struct liquid_compiler *c)
{
	const char *at = c->piece.at;
	struct liquid_blank blank;

	if (!liquid_compile_value(c) || !liquid_compile_finish(c))
		return false;
	liquid_emit(c, OP_CASE, 1);
	if (!preamble(c, at))
		return false;
	blank = liquid_blank_begin(c);
	if (!branches(c, at))
		return false;
	if (!liquid_compile_is(c, "endcase"))
		return liquid_compile_stray(c, "case", at);
	liquid_blank_end(c, blank);
	liquid_emit(c, OP_POP, -1);
	liquid_emit(c, OP_POP, -1);
	return true;
}
