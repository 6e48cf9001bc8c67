/*
 * liquid_filter_where.c - where, reject, has, find, find_index: items whose
 * property is as it should be.
 *
 * It should equal the second argument, or without one be neither nil nor
 * false.  An item that has no properties makes the whole nil.
 */
#include "templates/liquid/liquid_items.h"

struct choice {
	struct liquid_run *run;
	struct liquid_items items;
	struct value property, target;
};

static bool
begin(struct choice *x, struct liquid_call *c)
{
	*x = (struct choice){
	    .run = c->run,
	    .property = c->args[0],
	    .target = liquid_call_arg(c, 1),
	};
	return liquid_items(c->run, c->in, &x->items);
}

static enum liquid_property
matches(const struct choice *x, uint32_t i, bool *out)
{
	struct value v;
	enum liquid_property got =
	    liquid_property(x->run, x->items.p[i], x->property, &v);

	if (got != PROPERTY_READ)
		return got;
	*out = value_truthy(v);
	if (x->target.type == VALUE_NIL)
		return got;
	return liquid_compare(x->run, COMPARE_EQUAL, v, x->target, out)
		   ? got
		   : PROPERTY_FAILED;
}

/* Those that match, or those that do not. */
static bool
select_items(struct liquid_call *c, bool wanted)
{
	enum liquid_property got;
	struct choice x;
	struct value *to;
	uint32_t i, n = 0;
	bool is;

	if (!begin(&x, c))
		return false;
	to = liquid_items_room(c->run, x.items.n);
	if (to == NULL)
		return false;
	for (i = 0; i < x.items.n; i++) {
		got = matches(&x, i, &is);
		if (got != PROPERTY_READ)
			return got == PROPERTY_NONE;
		if (is == wanted)
			to[n++] = x.items.p[i];
	}
	c->out = value_array(to, n);
	return true;
}

bool
liquid_filter_where(struct liquid_call *c)
{
	return select_items(c, true);
}

bool
liquid_filter_reject(struct liquid_call *c)
{
	return select_items(c, false);
}

/* The first that matches; got is PROPERTY_READ when all were looked at. */
static bool
find(struct choice *x, enum liquid_property *got, uint32_t *at)
{
	bool is = false;

	*got = PROPERTY_READ;
	for (*at = 0; *at < x->items.n; ++*at) {
		*got = matches(x, *at, &is);
		if (*got != PROPERTY_READ)
			return false;
		if (is)
			return true;
	}
	return false;
}

bool
liquid_filter_has(struct liquid_call *c)
{
	enum liquid_property got;
	struct choice x;
	uint32_t at;

	if (!begin(&x, c))
		return false;
	if (find(&x, &got, &at) || got == PROPERTY_READ)
		c->out = value_bool(at < x.items.n);
	return got != PROPERTY_FAILED;
}

bool
liquid_filter_find_item(struct liquid_call *c)
{
	enum liquid_property got;
	struct choice x;
	uint32_t at;

	if (!begin(&x, c))
		return false;
	if (find(&x, &got, &at))
		c->out = x.items.p[at];
	return got != PROPERTY_FAILED;
}

bool
liquid_filter_find_index(struct liquid_call *c)
{
	enum liquid_property got;
	struct choice x;
	uint32_t at;

	if (!begin(&x, c))
		return false;
	if (find(&x, &got, &at))
		c->out = value_int(at);
	return got != PROPERTY_FAILED;
}
