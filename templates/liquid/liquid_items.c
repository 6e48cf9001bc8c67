#include "templates/liquid/liquid_items.h"

#include "templates/liquid/code_point.h"

struct value *
liquid_items_room(struct liquid_run *r, size_t n)
{
	if (!liquid_run_charge(r, n / 4))
		return NULL;
	return liquid_run_alloc(r, n * sizeof(struct value));
}

static size_t
count_flat(struct value array)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < array.n; i++)
		n += array.u.items[i].type == VALUE_ARRAY
			 ? count_flat(array.u.items[i])
			 : 1;
	return n;
}

static struct value *
lay_flat(struct value *to, struct value array)
{
	uint32_t i;

	for (i = 0; i < array.n; i++)
		if (array.u.items[i].type == VALUE_ARRAY)
			to = lay_flat(to, array.u.items[i]);
		else
			*to++ = array.u.items[i];
	return to;
}

/* Mostly an array has no arrays in it: then it is the list. */
static bool
flat(struct liquid_run *r, struct value array, struct liquid_items *out)
{
	struct value *to;
	size_t n;
	uint32_t i;

	*out = (struct liquid_items){array.u.items, array.n};
	for (i = 0; i < array.n; i++)
		if (array.u.items[i].type == VALUE_ARRAY)
			break;
	if (!liquid_run_charge(r, array.n / 16))
		return false;
	if (i == array.n)
		return true;
	n = count_flat(array);
	to = liquid_items_room(r, n);
	if (to == NULL)
		return false;
	lay_flat(to, array);
	*out = (struct liquid_items){to, (uint32_t)n};
	return true;
}

static bool
numbers(struct liquid_run *r, struct value range, struct liquid_items *out)
{
	int64_t i, n = liquid_item_count(range);
	struct value *to;

	if (n > LIQUID_STEPS_MAX)
		return liquid_run_charge(r, (size_t)n);
	to = liquid_items_room(r, (size_t)n);
	if (to == NULL)
		return false;
	for (i = 0; i < n; i++)
		to[i] = value_int(range.u.range->first + i);
	*out = (struct liquid_items){to, (uint32_t)n};
	return true;
}

bool
liquid_items(struct liquid_run *r, struct value of, struct liquid_items *out)
{
	struct value *one;

	*out = (struct liquid_items){NULL, 0};
	if (of.type == VALUE_NIL)
		return true;
	if (of.type == VALUE_ARRAY)
		return flat(r, of, out);
	if (of.type == VALUE_RANGE)
		return numbers(r, of, out);
	one = liquid_items_room(r, 1);
	if (one == NULL)
		return false;
	*one = of;
	*out = (struct liquid_items){one, 1};
	return true;
}

bool
liquid_has_properties(struct value item)
{
	return item.type == VALUE_OBJECT || item.type == VALUE_DROP ||
	       item.type == VALUE_STRING || item.type == VALUE_INT ||
	       item.type == VALUE_BIG;
}

/* A number as an index; floats without their fraction. */
static bool
as_index(struct value v, int64_t *out)
{
	*out = v.u.integer;
	if (v.type == VALUE_FLOAT && v.u.real > -9e18 && v.u.real < 9e18)
		*out = (int64_t)v.u.real;
	else if (v.type != VALUE_INT)
		return false;
	return true;
}

static bool
of_text(struct value text, struct value property, struct value *out)
{
	struct str s = value_text(text), what = value_text(property);
	size_t at, size;
	int64_t i;

	if (property.type == VALUE_STRING) {
		at = str_find(s, what);
		if (at != STR_NOWHERE)
			*out = liquid_part(text, str_sub(s, at, what.n));
		return true;
	}
	if (!as_index(property, &i))
		return false;
	size = code_point_count(s);
	i += i < 0 ? (int64_t)size : 0;
	if (i < 0 || i >= (int64_t)size)
		return true;
	s = str_from(s, code_point_offset(s, (size_t)i));
	*out = liquid_part(text, str_sub(s, 0, code_point_offset(s, 1)));
	return true;
}

/* Bit i of a whole number, negative ones in two's complement. */
static uint64_t
bit_of(struct value number, int64_t i)
{
	uint64_t limb, below = 0;
	uint32_t at = (uint32_t)(i / 64), k;

	if (number.type == VALUE_INT)
		return i > 62 ? number.u.integer < 0
			      : (uint64_t)number.u.integer >> i & 1;
	if (i >= 64 * (int64_t)number.n)
		return number.negative;
	limb = number.u.limbs[at] >> (i % 64) & 1;
	for (k = 0; k < at; k++)
		below |= number.u.limbs[k];
	below |= number.u.limbs[at] & ((UINT64_C(1) << (i % 64)) - 1);
	return number.negative && below != 0 ? !limb : limb;
}

static bool
of_number(struct value number, struct value property, struct value *out)
{
	int64_t i;

	if (!as_index(property, &i))
		return false;
	*out = value_int(i < 0 ? 0 : (int64_t)bit_of(number, i));
	return true;
}

static bool
cannot_select(struct liquid_run *r, struct value property)
{
	struct str s;

	return liquid_string(r, property, &s) &&
	       liquid_run_fail(r, "cannot select the property '%.*s'",
		   STR_ARG(str_sub(s, 0, 100)));
}

enum liquid_property
liquid_property(struct liquid_run *r, struct value item, struct value property,
    struct value *out)
{
	bool ok = true;

	*out = value_nil();
	if (!liquid_has_properties(item))
		return PROPERTY_NONE;
	if (!liquid_run_charge(r, 1 + item.n / LIQUID_BYTES_PER_STEP))
		return PROPERTY_FAILED;
	if (item.type == VALUE_STRING)
		ok = of_text(item, property, out);
	else if (item.type == VALUE_INT || item.type == VALUE_BIG)
		ok = of_number(item, property, out);
	else if (property.type == VALUE_STRING)
		*out = value_member(item, value_text(property));
	return ok || cannot_select(r, property) ? PROPERTY_READ
						: PROPERTY_FAILED;
}
