#include "templates/liquid/liquid_trace.h"

#include "templates/liquid/liquid_program.h"

void
liquid_texts(const struct liquid *program, liquid_text_fn *fn, void *arg)
{
	uint32_t i, captured = 0; /* up to there */
	const struct liquid_op *op;

	for (i = 0; i < program->op_count; i++) {
		op = &program->ops[i];
		if (op->code == OP_CAPTURE && op->u.target > captured)
			captured = op->u.target;
		else if (op->code == OP_TEXT)
			fn(i, op->u.text, i >= captured, arg);
	}
}

uint32_t
liquid_text_count(const struct liquid *program)
{
	return (uint32_t)program->op_count;
}

bool
liquid_is_plain(const struct liquid *program)
{
	size_t i;

	for (i = 0; i < program->op_count; i++)
		if (program->ops[i].code == OP_FILTER ||
		    program->ops[i].code == OP_LINKED)
			return false;
	return true;
}
