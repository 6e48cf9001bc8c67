/*
 * liquid_loop.c - for, while it runs: items are sliced first, then reversed.
 */
#include "templates/liquid_run.h"

static struct value
forloop_member(const struct value_drop *drop, struct str key)
{
	const struct liquid_loop *l = (const struct liquid_loop *)drop;
	const struct {
		struct str name;
		struct value value;
	} members[] = {
	    {STR("index"), value_int(l->index + 1)},
	    {STR("index0"), value_int(l->index)},
	    {STR("first"), value_bool(l->index == 0)},
	    {STR("last"), value_bool(l->index == l->length - 1)},
	    {STR("length"), value_int(l->length)},
	    {STR("rindex"), value_int(l->length - l->index)},
	    {STR("rindex0"), value_int(l->length - l->index - 1)},
	    {STR("name"), value_string(l->code->title)},
	    {STR("parentloop"), l->outer != NULL
				    ? (struct value){.type = VALUE_DROP,
					  .u.drop = &l->outer->drop}
				    : value_nil()},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(members); i++)
		if (str_eq(members[i].name, key))
			return members[i].value;
	return value_nil();
}

/* A text is one item, whatever limit and offset say. */
static bool
string_as_items(struct liquid_run *r, struct value *items)
{
	struct value *one;

	if (items->n == 0) {
		*items = value_nil();
		return true;
	}
	one = liquid_run_alloc(r, sizeof(*one));
	if (one == NULL)
		return false;
	*one = *items;
	*items = value_array(one, 1);
	return true;
}

static struct value
pop_if(struct liquid_run *r, bool there)
{
	return there ? r->stack[--r->top] : value_nil();
}

/* Which part of `count` items: the first is l->first, l->length of them. */
static bool
slice(struct liquid_run *r, struct liquid_loop *l, struct value offset,
    struct value limit)
{
	int64_t count = liquid_item_count(l->items), length = INT64_MAX;

	l->first = 0;
	if (l->code->goes_on)
		l->first = r->cursors[l->code->cursor];
	else if (offset.type != VALUE_NIL &&
		 !liquid_integer(r, offset, &l->first))
		return false;
	if (limit.type != VALUE_NIL && !liquid_integer(r, limit, &length))
		return false;
	if (l->first < 0) { /* as the reference: it shortens the limit */
		if (length != INT64_MAX)
			length = length > -l->first ? length + l->first : 0;
		l->first = 0;
	}
	if (l->first > count)
		l->first = count;
	l->length = count - l->first;
	if (length < l->length)
		l->length = length > 0 ? length : 0;
	r->cursors[l->code->cursor] = l->first + l->length;
	return true;
}

static bool
bind_item(struct liquid_run *r, struct liquid_loop *l)
{
	struct liquid_variable *v = &r->variables[l->code->variable];
	int64_t at = l->code->reversed ? l->length - 1 - l->index : l->index;

	v->known = true;
	return liquid_item(r, l->items, l->first + at, &v->value);
}

static void
begin(struct liquid_run *r, struct liquid_loop *l)
{
	struct liquid_variable *forloop = &r->variables[l->code->forloop];

	l->drop.member = forloop_member;
	l->outer = r->depth > 0 ? &r->loops[r->depth - 1] : NULL;
	l->index = 0;
	l->top = r->top;
	r->depth++;
	l->forloop = *forloop;
	forloop->value = (struct value){
	    .type = VALUE_DROP,
	    .u.drop = &l->drop,
	};
	forloop->known = true;
	l->variable = r->variables[l->code->variable];
}

bool
liquid_loop_begin(struct liquid_run *r, const struct liquid_for *code)
{
	struct value offset = pop_if(r, code->has_offset);
	struct value limit = pop_if(r, code->has_limit);
	struct liquid_loop *l;

	l = &r->loops[r->depth];
	l->code = code;
	l->items = r->stack[--r->top];
	if (l->items.type == VALUE_STRING) {
		offset = limit = value_nil();
		if (!string_as_items(r, &l->items))
			return false;
	}
	if (!slice(r, l, offset, limit))
		return false;
	if (l->length == 0) {
		r->pc = code->otherwise;
		return true;
	}
	begin(r, l);
	return bind_item(r, l);
}

bool
liquid_loop_next(struct liquid_run *r)
{
	struct liquid_loop *l = &r->loops[r->depth - 1];

	if (++l->index < l->length) {
		r->pc = l->code->body;
		return bind_item(r, l);
	}
	r->pc = l->code->end;
	liquid_loop_end(r);
	return true;
}

void
liquid_loop_end(struct liquid_run *r)
{
	struct liquid_loop *l = &r->loops[--r->depth];

	r->variables[l->code->variable] = l->variable;
	r->variables[l->code->forloop] = l->forloop;
	r->top = l->top;
}
