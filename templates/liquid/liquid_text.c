/*
 * liquid_text.c - values as text, the way the reference shows them: floats
 * by their shortest digits, arrays run together, objects as Ruby's inspect.
 */
#include "templates/liquid/liquid_run.h"
#include "templates/liquid/value_number.h"

#include <unictype.h>
#include <unistr.h>

static bool write_value(struct liquid_run *r, struct value v, bool inspect);

/* The letter of a short escape; 0: the character has none. */
static char
short_escape(uint32_t c)
{
	static const char from[] = "\"\\\n\t\r\f\v\b\a\033",
			  to[] = "\"\\ntrfvbae";
	const char *found = c != 0 && c < 0x80 ? strchr(from, (int)c) : NULL;

	return found != NULL ? to[found - from] : '\0';
}

/* Whether it shows as itself: no control but NEL, which is a blank to Ruby,
 * and nothing that is not assigned. */
static bool
printable(uint32_t c)
{
	if (c < 0x80)
		return c >= ' ' && c < 0x7f;
	if (c == 0x85)
		return true;
	return !uc_is_general_category_withtable(c,
	    UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Cn |
		UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp);
}

/* A '#' before what would begin an interpolation. */
static bool
interpolates(struct str s)
{
	return s.n > 1 && s.p[0] == '#' &&
	       (s.p[1] == '{' || s.p[1] == '$' || s.p[1] == '@');
}

/* How many bytes at the start need no escape. */
static size_t
plain_length(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	uint32_t c;
	size_t i;
	int n;

	for (i = 0; i < s.n; i += (size_t)n) {
		n = 1;
		c = p[i];
		if (c >= 0x80)
			n = u8_mbtouc(&c, p + i, s.n - i);
		if (short_escape(c) != '\0' || !printable(c) ||
		    (c == '#' && interpolates(str_from(s, i))))
			break;
	}
	return i;
}

/* The first character as an escape; `length` of the text are taken. */
static bool
write_escape(struct liquid_run *r, struct str s, size_t *length)
{
	char text[16];
	uint32_t c;
	int n;

	*length = (size_t)u8_mbtouc(&c, (const uint8_t *)s.p, s.n);
	if (c == '#' || short_escape(c) != '\0')
		n = snprintf(text, sizeof(text), "\\%c",
		    c == '#' ? '#' : short_escape(c));
	else
		n = snprintf(text, sizeof(text),
		    c > 0xffff ? "\\u{%X}" : "\\u%04X", (unsigned)c);
	return liquid_run_write(r, text, (size_t)n);
}

static bool
write_quoted(struct liquid_run *r, struct str s)
{
	size_t n;

	if (!liquid_run_charge(r, s.n / LIQUID_BYTES_PER_STEP) ||
	    !liquid_run_write(r, "\"", 1))
		return false;
	while (s.n > 0) {
		n = plain_length(s);
		if (!liquid_run_write(r, s.p, n))
			return false;
		s = str_from(s, n);
		n = 0;
		if (s.n > 0 && !write_escape(r, s, &n))
			return false;
		s = str_from(s, n);
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
