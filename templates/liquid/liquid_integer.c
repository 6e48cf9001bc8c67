/*
 * liquid_integer.c - whole numbers that filters and loops are told.
 *
 *   integer = blanks [ "+" / "-" ] [ prefix ] digits blanks
 *   prefix  = "0x" / "0b" / "0o" / "0d" / "0"
 *   digits  = digit *( [ "_" ] digit )
 *
 * As Ruby's Integer() reads texts, where a NUL ends a number that has "_" in
 * it or is longer than 64 bits.  Numbers beyond 64 bits become the nearest
 * that fits: as counts and places they mean the same.
 */
#include "templates/liquid/liquid_run.h"

struct reader {
	struct str rest;
	unsigned base;
	bool negative;
	bool wide; /* has "_", or is longer than 64 bits */
	uint64_t value;
};

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = str_lower_char(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static void
read_prefix(struct reader *x)
{
	static const struct {
		char letter;
		unsigned base;
	} rows[] = {{'x', 16}, {'b', 2}, {'o', 8}, {'d', 10}};
	char second;
	size_t i;

	x->base = 10;
	if (x->rest.n < 2 || x->rest.p[0] != '0')
		return;
	second = str_lower_char(x->rest.p[1]);
	x->base = 8;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (second == rows[i].letter) {
			x->base = rows[i].base;
			x->rest = str_from(x->rest, 2);
		}
}

static bool
read_digits(struct reader *x)
{
	bool digit = false;
	int d;

	for (; x->rest.n > 0; x->rest = str_from(x->rest, 1)) {
		if (x->rest.p[0] == '_' && digit) {
			digit = false;
			x->wide = true;
			continue;
		}
		d = digit_of(x->rest.p[0]);
		if (d >= (int)x->base)
			break;
		digit = true;
		if (__builtin_mul_overflow(x->value, x->base, &x->value) ||
		    __builtin_add_overflow(x->value, (unsigned)d, &x->value)) {
			x->wide = true;
			x->value = UINT64_MAX;
		}
	}
	return digit;
}

static bool
read_integer(struct str s, int64_t *out)
{
	struct reader x = {.rest = s};

	while (x.rest.n > 0 && is_blank(x.rest.p[0]))
		x.rest = str_from(x.rest, 1);
	if (x.rest.n > 0 && (x.rest.p[0] == '+' || x.rest.p[0] == '-')) {
		x.negative = x.rest.p[0] == '-';
		x.rest = str_from(x.rest, 1);
	}
	read_prefix(&x);
	if (!read_digits(&x))
		return false;
	while (x.rest.n > 0 && is_blank(x.rest.p[0]))
		x.rest = str_from(x.rest, 1);
	if (x.rest.n > 0 && !(x.wide && x.rest.p[0] == '\0'))
		return false;
	if (x.value > INT64_MAX)
		*out = x.negative ? INT64_MIN : INT64_MAX;
	else
		*out = x.negative ? -(int64_t)x.value : (int64_t)x.value;
	return true;
}

/* Digits at the start of a text, with a sign; 0 when there are none. */
static int64_t
leading_integer(struct str s)
{
	struct reader x = {.base = 10};

	s = str_trim(s);
	if (s.n > 0 && (s.p[0] == '+' || s.p[0] == '-')) {
		x.negative = s.p[0] == '-';
		s = str_from(s, 1);
	}
	x.rest = s;
	(void)read_digits(&x);
	if (x.value > INT64_MAX)
		return x.negative ? INT64_MIN : INT64_MAX;
	return x.negative ? -(int64_t)x.value : (int64_t)x.value;
}

bool
liquid_bound(struct liquid_run *r, struct value v, int64_t *out)
{
	*out = 0;
	if (v.type == VALUE_NIL)
		return true;
	if (v.type != VALUE_STRING)
		return liquid_integer(r, v, out);
	*out = leading_integer(value_text(v));
	return liquid_run_charge(r, v.n / LIQUID_BYTES_PER_STEP);
}

bool
liquid_integer(struct liquid_run *r, struct value v, int64_t *out)
{
	if (v.type == VALUE_INT) {
		*out = v.u.integer;
		return true;
	}
	if (v.type == VALUE_BIG) {
		*out = v.negative ? INT64_MIN : INT64_MAX;
		return true;
	}
	if (v.type == VALUE_STRING && read_integer(value_text(v), out))
		return liquid_run_charge(r, v.n / LIQUID_BYTES_PER_STEP);
	return liquid_run_fail(r, "invalid integer");
}
