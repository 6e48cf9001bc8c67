/*
 * liquid_filter_array.c - filters on lists that look at each item once.
 */
#include "templates/liquid/code_point.h"
#include "templates/liquid/liquid_items.h"
#include "templates/liquid/liquid_number.h"

static int64_t
big_size(struct value v)
{
	int unused = __builtin_clzll(v.u.limbs[v.n - 1]) / 8;

	return (int64_t)sizeof(uint64_t) * v.n - unused;
}

/* Letters of a text, items, bytes of a whole number; 0 of all else. */
bool
liquid_filter_size(struct liquid_call *c)
{
	struct value in = c->in;

	c->out = value_int(0);
	if (in.type == VALUE_STRING) {
		c->out = value_int((int64_t)code_point_count(value_text(in)));
		return liquid_run_charge(c->run, in.n / LIQUID_BYTES_PER_STEP);
	}
	if (in.type == VALUE_ARRAY || in.type == VALUE_OBJECT ||
	    in.type == VALUE_RANGE)
		c->out = value_int(liquid_item_count(in));
	else if (in.type == VALUE_INT)
		c->out = value_int(sizeof(in.u.integer));
	else if (in.type == VALUE_BIG)
		c->out = value_int(big_size(in));
	return true;
}

/* The ends of a range are told even where nothing is between them; an object
 * has a first pair, but no last one. */
static bool
end_of(struct liquid_call *c, bool last)
{
	struct value in = c->in;

	if (in.type == VALUE_STRING) {
		c->out =
		    liquid_part(in, last ? code_point_last(value_text(in))
					 : code_point_first(value_text(in)));
		return true;
	}
	if (in.type == VALUE_RANGE)
		c->out = value_int(last ? in.u.range->last : in.u.range->first);
	else if (in.n > 0 &&
		 (in.type == VALUE_ARRAY || (in.type == VALUE_OBJECT && !last)))
		return liquid_item(c->run, in, last ? in.n - 1 : 0, &c->out);
	return true;
}

bool
liquid_filter_first(struct liquid_call *c)
{
	return end_of(c, false);
}

bool
liquid_filter_last(struct liquid_call *c)
{
	return end_of(c, true);
}

/* Of what will be joined, what can be safe: texts. */
static void
expect_texts(struct liquid_join *j, struct liquid_items items)
{
	uint32_t i;

	for (i = 0; i < items.n; i++)
		if (items.p[i].type == VALUE_STRING)
			liquid_join_expect(j, items.p[i]);
		else
			j->own = false;
}

bool
liquid_filter_join(struct liquid_call *c)
{
	struct value text, glue;
	struct liquid_items items;
	struct liquid_join j;
	uint32_t i;

	if (!liquid_as_text(c->run,
		c->argc > 0 ? c->args[0] : value_string(STR(" ")), &glue) ||
	    !liquid_items(c->run, c->in, &items))
		return false;
	liquid_join_begin(&j, c->run);
	expect_texts(&j, items);
	if (items.n > 1)
		liquid_join_expect(&j, glue);
	for (i = 0; i < items.n; i++)
		if ((i > 0 && !liquid_join_write(&j, glue)) ||
		    !liquid_run_charge(c->run, 1) ||
		    !liquid_as_text(c->run, items.p[i], &text) ||
		    !liquid_join_write(&j, text))
			return false;
	return liquid_join_end(&j, &c->out);
}

bool
liquid_filter_reverse(struct liquid_call *c)
{
	struct liquid_items items;
	struct value *to;
	uint32_t i;

	if (!liquid_items(c->run, c->in, &items))
		return false;
	to = liquid_items_room(c->run, items.n);
	if (to == NULL)
		return false;
	for (i = 0; i < items.n; i++)
		to[items.n - 1 - i] = items.p[i];
	c->out = value_array(to, items.n);
	return true;
}

bool
liquid_filter_concat(struct liquid_call *c)
{
	struct value more = c->args[0], *to;
	struct liquid_items items;

	if (more.type != VALUE_ARRAY)
		return liquid_run_fail(c->run,
		    "concat filter requires an array argument");
	if (!liquid_items(c->run, c->in, &items))
		return false;
	to = liquid_items_room(c->run, (size_t)items.n + more.n);
	if (to == NULL)
		return false;
	if (items.n > 0)
		memcpy(to, items.p, items.n * sizeof(*to));
	if (more.n > 0)
		memcpy(to + items.n, more.u.items, more.n * sizeof(*to));
	c->out = value_array(to, items.n + more.n);
	return true;
}

/* Items that are not nil, or whose property is not. */
bool
liquid_filter_compact(struct liquid_call *c)
{
	struct value property = liquid_call_arg(c, 0), v, *to;
	enum liquid_property got = PROPERTY_READ;
	struct liquid_items items;
	uint32_t i, n = 0;

	if (!liquid_items(c->run, c->in, &items))
		return false;
	to = liquid_items_room(c->run, items.n);
	if (to == NULL)
		return false;
	for (i = 0; i < items.n; i++) {
		v = items.p[i];
		if (property.type != VALUE_NIL)
			got = liquid_property(c->run, items.p[i], property, &v);
		if (got != PROPERTY_READ)
			return got == PROPERTY_NONE;
		if (v.type != VALUE_NIL)
			to[n++] = items.p[i];
	}
	c->out = value_array(to, n);
	return true;
}

/* The property of each item; `otherwise` where items have none. */
static bool
properties(struct liquid_call *c, struct liquid_items *items,
    struct value property, struct value otherwise)
{
	struct value *to = liquid_items_room(c->run, items->n);
	enum liquid_property got;
	uint32_t i;

	if (to == NULL)
		return false;
	for (i = 0; i < items->n; i++) {
		got = liquid_property(c->run, items->p[i], property, &to[i]);
		if (got == PROPERTY_FAILED)
			return false;
		if (got == PROPERTY_NONE)
			to[i] = otherwise;
	}
	items->p = to;
	return true;
}

bool
liquid_filter_map(struct liquid_call *c)
{
	struct liquid_items items;
	bool all = str_eq(value_text(c->args[0]), STR("to_liquid"));

	if (!liquid_items(c->run, c->in, &items) ||
	    (!all && !properties(c, &items, c->args[0], value_nil())))
		return false;
	c->out = value_array(items.p, items.n);
	return true;
}

bool
liquid_filter_sum(struct liquid_call *c)
{
	struct value property = liquid_call_arg(c, 0);
	struct liquid_items items;

	if (!liquid_items(c->run, c->in, &items))
		return false;
	if (property.type != VALUE_NIL &&
	    (!properties(c, &items, property, value_int(0)) ||
		!liquid_items(c->run, value_array(items.p, items.n), &items)))
		return false;
	return liquid_number_sum(c->run, items.p, items.n, &c->out);
}
