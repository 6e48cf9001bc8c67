/*
 * liquid_text.c - values as text, the way the reference shows them: floats
 * by their shortest digits, arrays run together, objects as Ruby's inspect.
 */
#include "templates/liquid_run.h"
#include "templates/value_number.h"

static bool write_value(struct liquid_run *r, struct value v, bool inspect);

static bool
write_quoted(struct liquid_run *r, struct str s)
{
	static const char from[] = "\"\\\n\t\r\f\v\b\a\033",
			  to[] = "\"\\ntrfvbae";
	const char *found;
	char pair[2] = {'\\', 0};
	size_t i;

	if (!liquid_run_write(r, "\"", 1))
		return false;
	for (i = 0; i < s.n; i++) {
		found = s.p[i] != '\0' ? strchr(from, s.p[i]) : NULL;
		pair[1] = found != NULL ? to[found - from] : s.p[i];
		if (!liquid_run_write(r, pair + (found == NULL),
			found != NULL ? 2 : 1))
			return false;
	}
	return liquid_run_write(r, "\"", 1);
}

static bool
write_array(struct liquid_run *r, struct value v, bool inspect)
{
	uint32_t i;

	if (inspect && !liquid_run_write(r, "[", 1))
		return false;
	for (i = 0; i < v.n; i++) {
		if (inspect && i > 0 && !liquid_run_write(r, ", ", 2))
			return false;
		if (!liquid_run_charge(r, 1) ||
		    !write_value(r, v.u.items[i], inspect))
			return false;
	}
	return !inspect || liquid_run_write(r, "]", 1);
}

static bool
write_object(struct liquid_run *r, struct value v)
{
	uint32_t i;

	if (!liquid_run_write(r, "{", 1))
		return false;
	for (i = 0; i < v.n; i++)
		if ((i > 0 && !liquid_run_write(r, ", ", 2)) ||
		    !liquid_run_charge(r, 1) ||
		    !write_quoted(r, v.u.members[i].key) ||
		    !liquid_run_write(r, "=>", 2) ||
		    !write_value(r, v.u.members[i].value, true))
			return false;
	return liquid_run_write(r, "}", 1);
}

static bool
write_int(struct liquid_run *r, int64_t v)
{
	char text[VALUE_INT_TEXT];

	return liquid_run_write(r, text, value_int_text(v, text));
}

static bool
write_float(struct liquid_run *r, double v)
{
	char text[VALUE_FLOAT_TEXT];

	return liquid_run_write(r, text, value_float_text(v, text));
}

static bool
write_big(struct liquid_run *r, struct value v)
{
	char text[VALUE_BIG_TEXT];

	return liquid_run_charge(r, v.n) &&
	       liquid_run_write(r, text, value_big_text(v, text));
}

static bool
write_range(struct liquid_run *r, const struct value_range *range)
{
	return write_int(r, range->first) && liquid_run_write(r, "..", 2) &&
	       write_int(r, range->last);
}

static bool
write_value(struct liquid_run *r, struct value v, bool inspect)
{
	switch (v.type) {
	case VALUE_NIL: return !inspect || liquid_run_write(r, "nil", 3);
	case VALUE_BOOL:
		return v.u.boolean ? liquid_run_write(r, "true", 4)
				   : liquid_run_write(r, "false", 5);
	case VALUE_INT: return write_int(r, v.u.integer);
	case VALUE_BIG: return write_big(r, v);
	case VALUE_FLOAT: return write_float(r, v.u.real);
	case VALUE_STRING:
		return inspect ? write_quoted(r, value_text(v))
			       : liquid_run_write(r, v.u.string, v.n);
	case VALUE_ARRAY: return write_array(r, v, inspect);
	case VALUE_OBJECT: return write_object(r, v);
	case VALUE_RANGE: return write_range(r, v.u.range);
	case VALUE_DROP:
		return liquid_run_write(r, v.u.drop->name,
		    strlen(v.u.drop->name));
	case VALUE_EMPTY:
	case VALUE_BLANK: break;
	}
	return true;
}

static bool
to_text(struct liquid_run *r, struct value v, bool inspect, struct str *out)
{
	size_t mark = r->out->n;

	*out = value_text(v);
	if (v.type == VALUE_STRING || v.type == VALUE_NIL)
		return true;
	return write_value(r, v, inspect) && liquid_run_take(r, mark, out);
}

bool
liquid_text(struct liquid_run *r, struct value v, struct str *out)
{
	return to_text(r, v, false, out);
}

bool
liquid_string(struct liquid_run *r, struct value v, struct str *out)
{
	return to_text(r, v, v.type == VALUE_ARRAY, out);
}

/* An optional sign and the digits behind it; 0 when there are none. */
static int64_t
leading_integer(struct str s)
{
	size_t n;
	int64_t v;

	s = str_trim(s);
	if (str_starts(s, STR("+")))
		s = str_from(s, 1);
	n = str_starts(s, STR("-"));
	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return str_to_i64(str_sub(s, 0, n), &v) ? v : 0;
}

bool
liquid_bound(struct liquid_run *r, struct value v, int64_t *out)
{
	if (v.type == VALUE_STRING) {
		*out = leading_integer(value_text(v));
		return true;
	}
	if (v.type == VALUE_FLOAT)
		return liquid_run_fail(r, "invalid integer");
	return liquid_integer(r, v, out);
}

bool
liquid_integer(struct liquid_run *r, struct value v, int64_t *out)
{
	*out = 0;
	if (v.type == VALUE_INT)
		*out = v.u.integer;
	else if (v.type == VALUE_FLOAT && v.u.real > -9e18 && v.u.real < 9e18)
		*out = (int64_t)v.u.real;
	else if (v.type != VALUE_NIL &&
		 (v.type != VALUE_STRING || !str_to_i64(value_text(v), out)))
		return liquid_run_fail(r, "invalid integer");
	return true;
}
