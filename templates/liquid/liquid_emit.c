#include "templates/liquid/liquid_compiler.h"

#include "lib/base/mem.h"
#include "templates/one_line.h"

#include <assert.h>

struct liquid_op *
liquid_emit(struct liquid_compiler *c, enum liquid_code code, int effect)
{
	struct liquid *p = c->program;
	struct liquid_op *op;

	if (p->op_count == p->op_cap) {
		p->op_cap = p->op_cap > 0 ? 2 * p->op_cap : 64;
		p->ops = mem_grow(p->ops, p->op_cap, sizeof(*p->ops));
	}
	assert(effect >= 0 || c->stack >= (uint32_t)-effect);
	c->stack += (uint32_t)effect;
	if (c->stack > p->stack_max)
		p->stack_max = c->stack;
	op = &p->ops[p->op_count++];
	*op = (struct liquid_op){
	    .code = code,
	    .at = liquid_source_at(c, c->piece.at),
	};
	return op;
}

uint32_t
liquid_emit_here(const struct liquid_compiler *c)
{
	return (uint32_t)c->program->op_count;
}

void
liquid_emit_jump(struct liquid_compiler *c, enum liquid_code code,
    uint32_t *list)
{
	uint32_t here = liquid_emit_here(c);

	liquid_emit(c, code, code == OP_JUMP ? 0 : -1)->u.target = *list;
	*list = here;
}

void
liquid_emit_patch(struct liquid_compiler *c, uint32_t list)
{
	uint32_t next;

	for (; list != LIQUID_NONE; list = next) {
		next = c->program->ops[list].u.target;
		c->program->ops[list].u.target = liquid_emit_here(c);
	}
}

/* In a header the template's own text may not break lines either. */
static struct str
header_text(struct liquid *p, struct str text)
{
	char *to = arena_alloc(&p->memory, text.n + 1);

	return (struct str){to, one_line(to, text)};
}

bool
liquid_emit_text(struct liquid_compiler *c, struct str text)
{
	if (str_trim(text).n > 0)
		c->blank = false;
	if (text.n > 0 && c->program->escape == LIQUID_HEADER)
		text = header_text(c->program, text);
	if (text.n > 0)
		liquid_emit(c, OP_TEXT, 0)->u.text = text;
	return true;
}

const struct liquid_key *
liquid_emit_key(struct liquid_compiler *c, struct str text)
{
	struct liquid_key *key =
	    ARENA_NEW(&c->program->memory, struct liquid_key);

	*key = (struct liquid_key){text, value_hash(text)};
	return key;
}

struct liquid_open *
liquid_open_new(struct liquid_compiler *c, enum liquid_open_kind kind,
    const struct liquid_for *loop)
{
	struct liquid *p = c->program;
	struct liquid_open *open = ARENA_NEW(&p->memory, struct liquid_open);

	open->outer = c->open;
	open->kind = kind;
	open->loop = loop;
	open->leaves = LIQUID_NONE;
	open->stack = c->stack;
	open->loops = (c->open != NULL ? c->open->loops : 0) + (loop != NULL);
	if (open->loops > p->loop_max)
		p->loop_max = open->loops;
	c->open = open;
	return open;
}

struct liquid_blank
liquid_blank_begin(struct liquid_compiler *c)
{
	struct liquid_blank b = {liquid_emit_here(c), c->blank};

	c->blank = true;
	return b;
}

void
liquid_blank_end(struct liquid_compiler *c, struct liquid_blank b)
{
	struct liquid_op *op;
	uint32_t i;

	for (i = b.first; c->blank && i < liquid_emit_here(c); i++) {
		op = &c->program->ops[i];
		if (op->code == OP_CAPTURE)
			i = op->u.target;
		else if (op->code == OP_TEXT)
			op->u.text.n = 0;
	}
	c->blank = c->blank && b.outer;
}
