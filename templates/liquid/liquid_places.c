#include "templates/liquid/liquid_places.h"

#include "lib/base/mem.h"
#include "templates/html/html_context.h"
#include "templates/liquid/liquid_filters.h"

#define ROUNDS_MAX 8 /* through the program; two for nearly all */

/* A capture that is open, and what was around it. */
struct opened {
	uint32_t end; /* the operation that closes it */
	struct html_context around;
};

struct walk {
	struct liquid *program;
	uint32_t *joints;              /* 1 + index of places, or 0 */
	struct html_context *contexts; /* where operations jump to */
	uint32_t joint_count;
	struct html_context now; /* count 0: no way leads here */
	struct opened *open;
	uint32_t open_count;
	uint32_t closed_early; /* by a `break`, right before it */
	uint32_t at;           /* operation */
	bool again;            /* a jump back brought something new */
};

typedef void target_fn(struct walk *w, uint32_t target);

static void
each_target(struct walk *w, const struct liquid_op *op, target_fn *fn)
{
	uint32_t i;

	switch ((unsigned)op->code) {
	case OP_JUMP:
	case OP_JUMP_FALSE:
	case OP_JUMP_TRUE:
	case OP_AND:
	case OP_OR:
	case OP_ROUND:
	case OP_ELSE: fn(w, op->u.target); break;
	case OP_CYCLE:
		for (i = 0; i < op->u.cycle->count; i++)
			fn(w, op->u.cycle->targets[i]);
		fn(w, op->u.cycle->end);
		break;
	case OP_CHOOSE:
		for (i = 0; i < op->u.choice->count; i++)
			fn(w, op->u.choice->targets[i]);
		break;
	case OP_LOOP: fn(w, op->u.loop->otherwise); break;
	case OP_NEXT:
		fn(w, op->u.loop->body);
		fn(w, op->u.loop->end);
		break;
	case OP_BREAK: fn(w, op->u.loop->end); break;
	case OP_CONTINUE: fn(w, op->u.loop->next); break;
	default: break;
	}
}

static bool
goes_on(enum liquid_code code)
{
	return code != OP_END && code != OP_JUMP && code != OP_NEXT &&
	       code != OP_BREAK && code != OP_CONTINUE && code != OP_FAIL &&
	       code != OP_ABORT;
}

static void
add_joint(struct walk *w, uint32_t target)
{
	if (w->joints[target] == 0)
		w->joints[target] = ++w->joint_count;
}

static void
reach(struct walk *w, uint32_t target)
{
	struct html_context *to = &w->contexts[w->joints[target] - 1];

	if (w->now.count > 0 && html_context_join(to, &w->now) &&
	    target <= w->at)
		w->again = true;
}

static void
begin(struct walk *w)
{
	if (w->program->escape == LIQUID_DERIVED)
		html_context_init_derived(&w->now);
	else
		html_context_init(&w->now);
}

static void
begin_capture(struct walk *w, const struct liquid_op *op)
{
	struct opened *o = &w->open[w->open_count++];

	o->end = op->u.target;
	o->around = w->now;
	if (w->now.count > 0 && w->program->ops[o->end].code == OP_CAPTURED)
		begin(w);
}

/* What is captured stands elsewhere; the URL of a link is a value here.  A
 * capture that ends in the middle of a tag is no HTML by itself: printed as
 * such it would take what follows to where it is not looked for. */
static void
end_capture(struct walk *w, struct liquid_op *op)
{
	const struct opened *o = &w->open[w->open_count - 1];
	struct html_context inside = w->now;
	enum liquid_code code = op->code;

	if (o->end != w->at)
		o -= w->closed_early++;
	else
		w->open_count--;
	w->now = o->around;
	if (code == OP_CAPTURED && !html_context_is_text(&inside) &&
	    w->program->escape == LIQUID_HTML)
		op->escape = ESCAPE_NONE;
	if (w->now.count > 0 && code == OP_CHANGED)
		(void)html_context_join(&w->now, &inside);
	if (w->now.count > 0 && code == OP_LINKED)
		html_context_value(&w->now, false);
}

static bool
closes(enum liquid_code code)
{
	return code == OP_CAPTURED || code == OP_CHANGED || code == OP_LINKED;
}

static void
print(struct walk *w, struct liquid_op *op)
{
	bool raw;

	if (w->now.count == 0)
		return;
	raw = w->at > 0 && op[-1].code == OP_FILTER &&
	      op[-1].u.filter.row == liquid_filter_find(STR("raw"));
	op->escape = html_context_escape(&w->now);
	if (raw && op->escape == ESCAPE_TAG)
		op->escape = ESCAPE_TAG_REST;
	html_context_value(&w->now, raw);
}

static void
step(struct walk *w, struct liquid_op *op)
{
	if (w->joints[w->at] != 0) {
		reach(w, w->at);
		w->now = w->contexts[w->joints[w->at] - 1];
	}
	if (!closes(op->code) && op->code != OP_POP && op->code != OP_LEAVE)
		w->closed_early = 0;
	switch ((unsigned)op->code) {
	case OP_TEXT: html_context_feed(&w->now, op->u.text); break;
	case OP_PRINT:
	case OP_ESCAPE: print(w, op); break;
	case OP_CAPTURE: begin_capture(w, op); break;
	case OP_CAPTURED:
	case OP_CHANGED:
	case OP_LINKED: end_capture(w, op); break;
	case OP_COUNT: html_context_value(&w->now, false); break;
	default: each_target(w, op, reach);
	}
	if (!goes_on(op->code))
		w->now.count = 0;
}

static void
walk_once(struct walk *w)
{
	struct liquid *p = w->program;

	w->again = false;
	begin(w);
	for (w->at = 0; w->at < p->op_count; w->at++)
		step(w, &p->ops[w->at]);
}

static void
set_all(struct liquid *p, uint8_t print, uint8_t escape)
{
	uint32_t i;

	for (i = 0; i < p->op_count; i++)
		p->ops[i].escape = p->ops[i].code == OP_ESCAPE ? escape : print;
}

static void
walk_all(struct liquid *p)
{
	struct walk w = {.program = p};
	uint32_t captures = 0;
	int rounds = 0;

	w.joints = mem_grow(NULL, p->op_count, sizeof(*w.joints));
	memset(w.joints, 0, p->op_count * sizeof(*w.joints));
	for (w.at = 0; w.at < p->op_count; w.at++) {
		each_target(&w, &p->ops[w.at], add_joint);
		captures += p->ops[w.at].code == OP_CAPTURE;
	}
	w.contexts = mem_grow(NULL, w.joint_count + 1, sizeof(*w.contexts));
	memset(w.contexts, 0, w.joint_count * sizeof(*w.contexts));
	w.open = mem_grow(NULL, captures + 1, sizeof(*w.open));
	do
		walk_once(&w);
	while (w.again && ++rounds < ROUNDS_MAX);
	if (w.again && p->escape == LIQUID_HTML) /* no place is certain */
		set_all(p, ESCAPE_TAG_REST, ESCAPE_TAG_REST);
	free(w.joints);
	free(w.contexts);
	free(w.open);
}

void
liquid_places_set(struct liquid *p)
{
	switch (p->escape) {
	case LIQUID_TEXT: set_all(p, ESCAPE_NONE, ESCAPE_HTML); break;
	case LIQUID_HEADER: set_all(p, ESCAPE_HEADER, ESCAPE_HEADER); break;
	case LIQUID_DERIVED:
		set_all(p, ESCAPE_TEXT, ESCAPE_TEXT);
		walk_all(p);
		break;
	case LIQUID_HTML:
		set_all(p, ESCAPE_HTML, ESCAPE_HTML);
		walk_all(p);
		break;
	}
}
