#include "templates/liquid/liquid_run.h"

#include "templates/liquid/liquid_filters.h"
#include "templates/liquid/liquid_scope.h"
#include "templates/liquid/liquid_trace.h"

#include <stdarg.h>
#include <time.h>

bool
liquid_run_fail(struct liquid_run *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->error->text, sizeof(r->error->text), fmt, ap);
	va_end(ap);
	return false;
}

void *
liquid_run_alloc(struct liquid_run *r, size_t size)
{
	void *p = NULL;

	if (size <= r->arena_end - r->arena->used)
		p = arena_try(r->arena, size);
	if (p == NULL || r->arena->used > r->arena_end) {
		(void)liquid_run_fail(r, "needs more than %u bytes of memory",
		    LIQUID_MEMORY_MAX);
		return NULL;
	}
	return p;
}

static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The steps have come to where the clock is looked at. */
static bool
look(struct liquid_run *r)
{
	if (r->cpu_us == 0)
		r->cpu_us = cpu_us();
	else if (cpu_us() - r->cpu_us > LIQUID_CPU_MS_MAX * INT64_C(1000))
		return liquid_run_fail(r, "takes more than %d ms",
		    LIQUID_CPU_MS_MAX);
	r->look = r->steps + LIQUID_STEPS_PER_LOOK;
	return true;
}

bool
liquid_run_charge(struct liquid_run *r, size_t steps)
{
	if (steps > LIQUID_STEPS_MAX - r->steps)
		return liquid_run_fail(r, "takes more than %d steps",
		    LIQUID_STEPS_MAX);
	r->steps += (uint32_t)steps;
	return r->steps < r->look || look(r);
}

bool
liquid_run_write(struct liquid_run *r, const char *p, size_t n)
{
	struct buf *out = r->out;

	if (out->n > r->out_end || n > r->out_end - out->n)
		return liquid_run_fail(r, "writes more than %u bytes",
		    LIQUID_OUTPUT_MAX);
	buf_add(out, p, n);
	return !out->full ||
	       liquid_run_fail(r, "writes more than there is room for");
}

bool
liquid_run_take(struct liquid_run *r, size_t mark, struct str *out)
{
	size_t n = r->out->n - mark;
	char *p = liquid_run_alloc(r, n);

	if (p == NULL)
		return false;
	if (n > 0)
		memcpy(p, r->out->p + mark, n);
	buf_truncate(r->out, mark);
	*out = (struct str){p, n};
	return true;
}

static struct value
pop(struct liquid_run *r)
{
	return r->stack[--r->top];
}

static void
push(struct liquid_run *r, struct value v)
{
	r->stack[r->top++] = v;
}

static bool
run_range(struct liquid_run *r)
{
	struct value last = pop(r), first = pop(r);
	struct value_range *range = liquid_run_alloc(r, sizeof(*range));

	if (range == NULL || !liquid_bound(r, first, &range->first) ||
	    !liquid_bound(r, last, &range->last))
		return false;
	push(r, (struct value){.type = VALUE_RANGE, .u.range = range});
	return true;
}

static bool
run_named(struct liquid_run *r, const struct liquid_scope *scope)
{
	struct str name = value_text(r->stack[r->top - 1]);
	uint32_t number = liquid_scope_find(scope, name);

	r->stack[r->top - 1] =
	    number != LIQUID_NONE
		? *liquid_variable(r, number)
		: liquid_data_find(r->data, name, value_hash(name));
	return liquid_run_charge(r, name.n / LIQUID_BYTES_PER_STEP);
}

static bool
run_filter(struct liquid_run *r, const struct liquid_op *op)
{
	struct liquid_call call = {
	    .run = r,
	    .argc = op->args,
	    .keywords = op->u.filter.keywords,
	    .keyword_count = op->keywords,
	};

	r->top -= op->keywords;
	call.keyword_values = &r->stack[r->top];
	r->top -= op->args;
	call.args = &r->stack[r->top];
	call.in = r->stack[r->top - 1];
	call.out = value_nil();
	if (!op->u.filter.row->run(&call))
		return false;
	r->stack[r->top - 1] = call.out;
	return true;
}

/* Numbers and what stands in any URL leave a capture the template's own. */
static bool
is_data(struct value v)
{
	return v.type >= VALUE_STRING && !v.own && !v.encoded;
}

/* A value that is not there is printed, and must not be missed. */
static bool
missing(struct liquid_run *r, const struct liquid_op *op)
{
	struct str name = op->u.text;

	if (name.n > 100)
		name.n = 100;
	return liquid_run_fail(r, "%.*s is missing", STR_ARG(name));
}

/* However little of it may come out. */
static bool
write_value(struct liquid_run *r, struct value v, struct str s, uint8_t how)
{
	r->mixed = r->mixed || is_data(v);
	if (s.n >= LIQUID_BYTES_PER_STEP &&
	    !liquid_run_charge(r, s.n / LIQUID_BYTES_PER_STEP))
		return false;
	return liquid_write_value(r, v, s, how);
}

static bool
run_print(struct liquid_run *r, const struct liquid_op *op)
{
	struct value v = pop(r);
	struct str s = value_text(v);
	uint8_t how = op->escape;

	if (v.type == VALUE_NIL && r->data->missing_fails && op->u.text.n > 0)
		return missing(r, op);
	if (v.type != VALUE_STRING && !liquid_text(r, v, &s))
		return false;
	return write_value(r, v, s, how);
}

/* Arrays are shown as filters see them. */
static bool
run_escape(struct liquid_run *r, const struct liquid_op *op)
{
	struct value v = pop(r);
	uint8_t how = op->escape;
	struct str s;

	if (v.type == VALUE_NIL && r->data->missing_fails)
		return missing(r, op);
	if (!liquid_string(r, v, &s))
		return false;
	return write_value(r, v, s, how);
}

static bool
run_compare(struct liquid_run *r, enum liquid_comparison how)
{
	struct value b = pop(r), a = pop(r);
	bool result;

	if (!liquid_compare(r, how, a, b, &result))
		return false;
	push(r, value_bool(result));
	return true;
}

static bool
run_and_or(struct liquid_run *r, const struct liquid_op *op)
{
	if (value_truthy(r->stack[r->top - 1]) == (op->code == OP_OR))
		r->pc = op->u.target;
	else
		r->top--;
	return true;
}

/* Where it begins, and whether there were data before, as `own`. */
static void
run_capture(struct liquid_run *r)
{
	struct value mark = value_int((int64_t)r->out->n);

	mark.own = !r->mixed;
	r->mixed = false;
	push(r, mark);
}

/* It is HTML unless liquid_places.c says otherwise. */
static bool
run_captured(struct liquid_run *r, const struct liquid_op *op)
{
	struct value mark = pop(r), v;
	struct str s;

	if (!liquid_run_take(r, (size_t)mark.u.integer, &s))
		return false;
	v = value_string(s);
	v.safe = op->escape == ESCAPE_HTML;
	v.own = v.safe && !r->mixed;
	r->mixed = !mark.own;
	liquid_assign(r, op->u.number, v);
	return true;
}

/* Where what was taken begins; it stays in its place. */
static size_t
run_taken(struct liquid_run *r)
{
	struct value mark = pop(r);

	r->mixed = r->mixed || !mark.own;
	return (size_t)mark.u.integer;
}

static void
run_give(struct liquid_run *r, uint32_t name)
{
	struct value v = pop(r);

	if (v.type != VALUE_NIL)
		liquid_assign(r, name, v);
}

static bool
leave_loop(struct liquid_run *r, const struct liquid_for *code)
{
	r->pc = code->end;
	return liquid_loop_end(r);
}

static void
continue_loop(struct liquid_run *r, const struct liquid_for *code)
{
	r->top = r->loops[r->depth - 1].top;
	r->pc = code->next;
}

/* Below the values of a case: its own, and two for each match that is still
 * to be run, and one when there was any. */
static bool
run_when(struct liquid_run *r)
{
	struct value v = pop(r);
	bool same;

	if (!liquid_compare(r, COMPARE_EQUAL, r->stack[r->top - 2], v, &same))
		return false;
	if (same)
		r->stack[r->top - 1].u.integer += 2;
	return true;
}

static void
run_round(struct liquid_run *r, uint32_t done)
{
	int64_t *matches = &r->stack[r->top - 1].u.integer;

	if (*matches < 2)
		r->pc = done;
	else
		*matches = (*matches - 2) | 1;
}

static bool
run_abort(struct liquid_run *r)
{
	struct str s;

	if (!liquid_text(r, r->stack[r->top - 1], &s))
		return false;
	while (s.n >= sizeof(r->error->text) || (s.n > 0 && !str_is_utf8(s)))
		s.n = s.n >= sizeof(r->error->text) ? sizeof(r->error->text) - 1
						    : s.n - 1;
	r->error->aborted = true;
	return liquid_run_fail(r, "%.*s", STR_ARG(s));
}

/* Operations that look at or change the stack only. */
static bool
run_value_op(struct liquid_run *r, const struct liquid_op *op)
{
	struct value *top = &r->stack[r->top - (r->top > 0)];
	struct value index;

	switch ((unsigned)op->code) {
	case OP_NAMED: return run_named(r, op->u.scope);
	case OP_SELF: return liquid_self(r, op->u.scope, top);
	case OP_COMMAND: return liquid_command(r, *top, op->u.key, top);
	case OP_INDEX:
		index = pop(r);
		return liquid_index(r, top[-1], index, &top[-1]);
	case OP_RANGE: return run_range(r);
	case OP_COMPARE: return run_compare(r, op->u.compare);
	case OP_POP: r->top--; return true;
	default: BUG("operation %d", op->code);
	}
}

/* Operations that only some templates have. */
static bool
run_rare_op(struct liquid_run *r, const struct liquid_op *op)
{
	switch ((unsigned)op->code) {
	case OP_GIVE: run_give(r, op->u.number); return true;
	case OP_CLEAR:
		liquid_clear(r, op->u.range.first, op->u.range.end);
		return liquid_run_charge(r,
		    (op->u.range.end - op->u.range.first) / 64);
	case OP_COUNT: return liquid_count(r, op->u.count);
	case OP_CHANGED: return liquid_changed(r, op->u.number, run_taken(r));
	case OP_LINKED: return liquid_linked(r, op->u.number, run_taken(r));
	case OP_LEAVE: return liquid_loop_end(r);
	case OP_CASE: push(r, value_int(0)); return true;
	case OP_WHEN: return run_when(r);
	case OP_ROUND: run_round(r, op->u.target); return true;
	case OP_ELSE:
		if ((r->stack[r->top - 1].u.integer & 1) != 0)
			r->pc = op->u.target;
		return true;
	case OP_CYCLE: return liquid_cycle(r, op->u.cycle, pop(r));
	case OP_CHOOSE: return liquid_choose(r, op->u.choice, pop(r));
	case OP_FAIL: return liquid_run_fail(r, "%.*s", STR_ARG(op->u.text));
	case OP_ABORT: return run_abort(r);
	default: return run_value_op(r, op);
	}
}

/* The bytes that a brief leaves out are bytes that were written. */
static bool
run_text(struct liquid_run *r, const struct liquid_op *op)
{
	struct liquid_trace *t = r->data->trace;
	uint32_t number = (uint32_t)(op - r->program->ops);
	struct str text = op->u.text, brief;

	if (t == NULL || t->briefs[number].n == 0 || t->n == t->max ||
	    r->out->n > r->out_end || text.n > r->out_end - r->out->n)
		return liquid_run_write(r, text.p, text.n);
	brief = t->briefs[number];
	t->notes[t->n++] = (struct liquid_note){r->out->n, number};
	r->out_end -= text.n - brief.n;
	return liquid_run_write(r, brief.p, brief.n);
}

/* Operations that assign, take or go elsewhere. */
static bool
run_op(struct liquid_run *r, const struct liquid_op *op)
{
	switch ((unsigned)op->code) {
	case OP_JUMP: r->pc = op->u.target; return true;
	case OP_JUMP_FALSE:
	case OP_JUMP_TRUE:
		if (value_truthy(pop(r)) == (op->code == OP_JUMP_TRUE))
			r->pc = op->u.target;
		return true;
	case OP_AND:
	case OP_OR: return run_and_or(r, op);
	case OP_ASSIGN: liquid_assign(r, op->u.number, pop(r)); return true;
	case OP_CAPTURE: run_capture(r); return true;
	case OP_CAPTURED: return run_captured(r, op);
	case OP_LOOP: return liquid_loop_begin(r, op->u.loop);
	case OP_NEXT: return liquid_loop_next(r);
	case OP_BREAK: return leave_loop(r, op->u.loop);
	case OP_CONTINUE: continue_loop(r, op->u.loop); return true;
	default: return run_rare_op(r, op);
	}
}

/* What nearly all of a mail is made of comes first. */
static bool
run_usual_op(struct liquid_run *r, const struct liquid_op *op)
{
	struct value *top;

	switch ((unsigned)op->code) {
	case OP_TEXT: return run_text(r, op);
	case OP_PUSH: push(r, op->u.value); return true;
	case OP_NAME: push(r, *liquid_variable(r, op->u.number)); return true;
	case OP_MEMBER:
		top = &r->stack[r->top - 1];
		*top = liquid_member(*top, op->u.key);
		return true;
	case OP_FILTER: return run_filter(r, op);
	case OP_PRINT: return run_print(r, op);
	case OP_ESCAPE: return run_escape(r, op);
	default: return run_op(r, op);
	}
}

/* One step; most are far from where the clock is looked at. */
static bool
charge_one(struct liquid_run *r)
{
	if (r->steps + 1 >= r->look || r->steps >= LIQUID_STEPS_MAX)
		return liquid_run_charge(r, 1);
	r->steps++;
	return true;
}

static bool
run(struct liquid_run *r)
{
	const struct liquid_op *op;

	for (;;) {
		op = &r->program->ops[r->pc++];
		if (op->code == OP_END)
			return true;
		if (!charge_one(r) || !run_usual_op(r, op))
			break;
	}
	liquid_locate(r->program, op->at, r->error);
	return false;
}

/* Room for what the program was found to need. */
static bool
prepare(struct liquid_run *r)
{
	const struct liquid *p = r->program;
	size_t variables = p->name_count * sizeof(*r->variables);
	size_t loops = p->loop_max * sizeof(*r->loops);
	char *memory;

	memory = liquid_run_alloc(r,
	    variables + loops + p->stack_max * sizeof(*r->stack));
	if (memory == NULL)
		return false;
	memset(memory, 0, variables);
	r->variables = (struct liquid_variable *)(void *)memory;
	memory += variables;
	r->loops = (struct liquid_loop *)(void *)memory;
	memory += loops;
	r->stack = (struct value *)(void *)memory;
	return true;
}

bool
liquid_render(const struct liquid *program, const struct liquid_data *data,
    struct arena *a, struct buf *out, struct liquid_error *error)
{
	struct liquid_run r = {
	    .program = program,
	    .data = data,
	    .arena = a,
	    .arena_end = a->used + LIQUID_MEMORY_MAX,
	    .out = out,
	    .out_end = out->n + LIQUID_OUTPUT_MAX,
	    .look = LIQUID_STEPS_PER_LOOK,
	    .error = error,
	};

	*error = (struct liquid_error){.line = 1, .column = 1};
	return prepare(&r) && run(&r);
}
