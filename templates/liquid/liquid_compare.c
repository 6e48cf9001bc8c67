/*
 * liquid_compare.c - == != < > <= >= contains.
 *
 * Numbers compare as numbers, texts by bytes.  Ordering a number and a text
 * is an error; anything else that has no order is neither less nor greater.
 */
#include "templates/liquid/liquid_run.h"
#include "templates/liquid/value_number.h"

#define SMALL_MAX (1LL << 62)

bool
liquid_has_content(struct value v)
{
	switch (v.type) {
	case VALUE_STRING:
	case VALUE_ARRAY:
	case VALUE_OBJECT: return v.n > 0;
	case VALUE_EMPTY: return false;
	case VALUE_NIL:
	case VALUE_BOOL:
	case VALUE_INT:
	case VALUE_BIG:
	case VALUE_FLOAT:
	case VALUE_RANGE:
	case VALUE_DROP:
	case VALUE_BLANK: break;
	}
	return true;
}

static bool
is_blank(struct value v)
{
	struct str s = value_text(v);
	size_t i;

	if (v.type == VALUE_STRING) {
		for (i = 0; i < s.n; i++)
			if (s.p[i] != ' ' && (s.p[i] < '\t' || s.p[i] > '\r'))
				return false;
		return true;
	}
	return !value_truthy(v) ||
	       (v.type != VALUE_EMPTY && !liquid_has_content(v));
}

static bool
is_number(struct value v)
{
	return v.type == VALUE_INT || v.type == VALUE_BIG ||
	       v.type == VALUE_FLOAT;
}

static bool equal(struct liquid_run *r, struct value a, struct value b,
    bool *out);

static bool
equal_arrays(struct liquid_run *r, struct value a, struct value b, bool *out)
{
	uint32_t i;

	*out = a.n == b.n;
	for (i = 0; *out && i < a.n; i++)
		if (!equal(r, a.u.items[i], b.u.items[i], out))
			return false;
	return true;
}

static bool
equal_objects(struct liquid_run *r, struct value a, struct value b, bool *out)
{
	const struct value *other;
	struct str key;
	uint32_t i;

	*out = a.n == b.n;
	for (i = 0; *out && i < a.n; i++) {
		key = a.u.members[i].key;
		other = value_find(b, key, value_hash(key));
		*out = other != NULL;
		if (*out && !equal(r, a.u.members[i].value, *other, out))
			return false;
	}
	return true;
}

static bool
equal_same_type(struct liquid_run *r, struct value a, struct value b, bool *out)
{
	switch (a.type) {
	case VALUE_BOOL: *out = a.u.boolean == b.u.boolean; break;
	case VALUE_STRING: *out = str_eq(value_text(a), value_text(b)); break;
	case VALUE_ARRAY: return equal_arrays(r, a, b, out);
	case VALUE_OBJECT: return equal_objects(r, a, b, out);
	case VALUE_RANGE:
		*out = a.u.range->first == b.u.range->first &&
		       a.u.range->last == b.u.range->last;
		break;
	case VALUE_DROP: *out = a.u.drop == b.u.drop; break;
	case VALUE_INT:
	case VALUE_BIG:
	case VALUE_FLOAT: *out = value_number_order(a, b) == 0; break;
	case VALUE_NIL: *out = true; break;
	case VALUE_EMPTY: /* the words are no values: they equal */
	case VALUE_BLANK: *out = false; break; /* not even themselves */
	}
	return true;
}

static bool
equal(struct liquid_run *r, struct value a, struct value b, bool *out)
{
	if (!liquid_run_charge(r, 1 + a.n / LIQUID_BYTES_PER_STEP))
		return false;
	if (a.type == b.type)
		return equal_same_type(r, a, b, out);
	if (b.type == VALUE_BLANK || a.type == VALUE_BLANK)
		*out = is_blank(b.type == VALUE_BLANK ? a : b);
	else if (b.type == VALUE_EMPTY || a.type == VALUE_EMPTY)
		*out = !liquid_has_content(b.type == VALUE_EMPTY ? a : b);
	else
		*out = is_number(a) && is_number(b) &&
		       value_number_order(a, b) == 0;
	return true;
}

static bool
in_order(enum liquid_comparison how, int order)
{
	switch (how) {
	case COMPARE_LESS: return order == -1;
	case COMPARE_GREATER: return order == 1;
	case COMPARE_LESS_EQUAL: return order == -1 || order == 0;
	case COMPARE_GREATER_EQUAL: return order == 1 || order == 0;
	case COMPARE_EQUAL:
	case COMPARE_NOT_EQUAL:
	case COMPARE_CONTAINS: break;
	}
	BUG("no ordering: %d", how);
}

static const char *
class_name(struct value v)
{
	if (v.type == VALUE_INT || v.type == VALUE_BIG)
		return "Integer";
	return v.type == VALUE_FLOAT ? "Float" : "String";
}

/* Whether a value takes part in an ordering at all. */
static bool
has_order(struct value v)
{
	return is_number(v) || v.type == VALUE_STRING;
}

/* Messages tell a small number itself, of others its class. */
static bool
shows_value(struct value v)
{
	return v.type == VALUE_FLOAT ||
	       (v.type == VALUE_INT && v.u.integer < SMALL_MAX &&
		   v.u.integer >= -SMALL_MAX);
}

static bool
ordered(struct liquid_run *r, enum liquid_comparison how, struct value a,
    struct value b, bool *out)
{
	struct str shown = str_of(class_name(b));
	int order;

	*out = false;
	if (!has_order(a) || !has_order(b))
		return true;
	if (is_number(a) != is_number(b)) {
		if (shows_value(b) && !liquid_text(r, b, &shown))
			return false;
		return liquid_run_fail(r, "comparison of %s with %.*s failed",
		    class_name(a), STR_ARG(shown));
	}
	if (is_number(a)) {
		order = value_number_order(a, b);
	} else {
		if (!liquid_run_charge(r, a.n / LIQUID_BYTES_PER_STEP))
			return false;
		order = str_cmp(value_text(a), value_text(b));
		order = (order > 0) - (order < 0);
	}
	*out = in_order(how, order);
	return true;
}

/* `empty` and `blank` are in no list. */
static bool
is_word(struct value v)
{
	return v.type == VALUE_EMPTY || v.type == VALUE_BLANK;
}

/* Fractions between the whole numbers of a range count as well. */
static bool
in_range(const struct value_range *range, struct value number)
{
	int first = value_number_order(number, value_int(range->first));
	int last = value_number_order(number, value_int(range->last));

	return (first == 0 || first == 1) && (last == 0 || last == -1);
}

static bool
contains(struct liquid_run *r, struct value in, struct value what, bool *out)
{
	struct str s;
	uint32_t i;

	*out = false;
	if (!value_truthy(what))
		return true;
	if (in.type == VALUE_STRING) {
		if (!liquid_string(r, what, &s) ||
		    !liquid_run_charge(r, in.n / LIQUID_BYTES_PER_STEP))
			return false;
		*out = str_find(value_text(in), s) != STR_NOWHERE;
	} else if (in.type == VALUE_ARRAY && !is_word(what)) {
		for (i = 0; !*out && i < in.n; i++)
			if (!equal(r, in.u.items[i], what, out))
				return false;
	} else if (in.type == VALUE_OBJECT && what.type == VALUE_STRING) {
		s = value_text(what);
		*out = value_find(in, s, value_hash(s)) != NULL;
	} else if (in.type == VALUE_RANGE && is_number(what)) {
		*out = in_range(in.u.range, what);
	}
	return true;
}

bool
liquid_compare(struct liquid_run *r, enum liquid_comparison how, struct value a,
    struct value b, bool *out)
{
	if (how == COMPARE_CONTAINS)
		return contains(r, a, b, out);
	if (how != COMPARE_EQUAL && how != COMPARE_NOT_EQUAL)
		return ordered(r, how, a, b, out);
	if (!equal(r, a, b, out))
		return false;
	*out = *out == (how == COMPARE_EQUAL);
	return true;
}

static bool
order_arrays(struct liquid_run *r, struct value a, struct value b, int *order)
{
	uint32_t i;

	*order = 0;
	for (i = 0; *order == 0 && i < a.n && i < b.n; i++)
		if (!liquid_order(r, a.u.items[i], b.u.items[i], order))
			return false;
	if (*order == 0)
		*order = (a.n > b.n) - (a.n < b.n);
	return true;
}

bool
liquid_order(struct liquid_run *r, struct value a, struct value b, int *order)
{
	bool same;

	*order = LIQUID_NO_ORDER;
	if (is_number(a) && is_number(b)) {
		*order = value_number_order(a, b);
		return liquid_run_charge(r, 1);
	}
	if (a.type != b.type)
		return liquid_run_charge(r, 1);
	if (a.type == VALUE_ARRAY)
		return order_arrays(r, a, b, order);
	if (a.type == VALUE_STRING) {
		*order = str_cmp(value_text(a), value_text(b));
		*order = (*order > 0) - (*order < 0);
		return liquid_run_charge(r, 1 + a.n / LIQUID_BYTES_PER_STEP);
	}
	if (!equal(r, a, b, &same))
		return false;
	if (same)
		*order = 0;
	return true;
}
