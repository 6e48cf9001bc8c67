/*
 * liquid_filter_uniq.c - each item, or each value of a property, once.
 *
 * Here 1 and 1.0 differ, as they do not when they are compared.  A table
 * with open addressing tells what was there before.
 */
#include "templates/liquid/liquid_items.h"
#include "templates/liquid/value_number.h"

struct seen {
	struct liquid_run *run;
	const struct value *keys;
	uint32_t *slots; /* numbers of keys from 1; 0: free */
	uint32_t mask;
};

static uint32_t
hash_of(struct value v)
{
	double real = v.u.real == 0 ? 0 : v.u.real;
	uint64_t bits = (uint64_t)v.type * 0x9e3779b97f4a7c15U;
	uint64_t more = v.n;

	if (v.type == VALUE_STRING)
		more = value_hash(value_text(v));
	else if (v.type == VALUE_INT)
		more = (uint64_t)v.u.integer;
	else if (v.type == VALUE_FLOAT)
		memcpy(&more, &real, sizeof(more));
	else if (v.type == VALUE_BIG)
		more = v.u.limbs[0];
	bits = (bits ^ more) * 0xff51afd7ed558ccdU;
	return (uint32_t)(bits >> 32);
}

static bool same(struct liquid_run *r, struct value a, struct value b,
    bool *out);

static bool
same_members(struct liquid_run *r, struct value a, struct value b, bool *out)
{
	const struct value *other;
	struct str key;
	uint32_t i;

	for (i = 0; *out && i < a.n; i++) {
		key = a.u.members[i].key;
		other = value_find(b, key, value_hash(key));
		*out = other != NULL;
		if (*out && !same(r, a.u.members[i].value, *other, out))
			return false;
	}
	return true;
}

static bool
same(struct liquid_run *r, struct value a, struct value b, bool *out)
{
	uint32_t i;

	*out = a.type == b.type && (a.n == b.n || a.type == VALUE_RANGE);
	if (!*out)
		return liquid_run_charge(r, 1);
	if (a.type == VALUE_OBJECT)
		return liquid_run_charge(r, 1) && same_members(r, a, b, out);
	if (a.type != VALUE_ARRAY)
		return liquid_compare(r, COMPARE_EQUAL, a, b, out);
	for (i = 0; *out && i < a.n; i++)
		if (!same(r, a.u.items[i], b.u.items[i], out))
			return false;
	return liquid_run_charge(r, 1);
}

/* Puts key number i to the others; false in *is_new when it is there. */
static bool
add(struct seen *x, uint32_t i, bool *is_new)
{
	uint32_t slot = hash_of(x->keys[i]) & x->mask;
	bool found;

	for (; x->slots[slot] != 0; slot = (slot + 1) & x->mask) {
		if (!same(x->run, x->keys[i], x->keys[x->slots[slot] - 1],
			&found))
			return false;
		*is_new = !found;
		if (found)
			return true;
	}
	x->slots[slot] = i + 1;
	*is_new = true;
	return true;
}

static bool
begin(struct seen *x, struct liquid_run *r, const struct value *keys,
    uint32_t n)
{
	uint32_t size = 8;

	while (size < 2 * n)
		size *= 2;
	*x = (struct seen){.run = r, .keys = keys, .mask = size - 1};
	x->slots = liquid_run_alloc(r, size * sizeof(*x->slots));
	if (x->slots == NULL)
		return false;
	memset(x->slots, 0, size * sizeof(*x->slots));
	return true;
}

static bool
keep_first(struct liquid_call *c, struct liquid_items items,
    const struct value *keys)
{
	struct value *to = liquid_items_room(c->run, items.n);
	struct seen seen;
	uint32_t i, n = 0;
	bool is_new;

	if (to == NULL || !begin(&seen, c->run, keys, items.n))
		return false;
	for (i = 0; i < items.n; i++) {
		if (!add(&seen, i, &is_new))
			return false;
		if (is_new)
			to[n++] = items.p[i];
	}
	c->out = value_array(to, n);
	return true;
}

bool
liquid_filter_uniq(struct liquid_call *c)
{
	struct value property = liquid_call_arg(c, 0), *keys;
	enum liquid_property got;
	struct liquid_items items;
	uint32_t i;

	if (!liquid_items(c->run, c->in, &items))
		return false;
	if (property.type == VALUE_NIL || items.n == 1)
		return keep_first(c, items, items.p);
	keys = liquid_items_room(c->run, items.n);
	if (keys == NULL)
		return false;
	for (i = 0; i < items.n; i++) {
		got = liquid_property(c->run, items.p[i], property, &keys[i]);
		if (got != PROPERTY_READ)
			return got == PROPERTY_NONE;
	}
	return keep_first(c, items, keys);
}
