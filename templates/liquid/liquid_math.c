/*
 * liquid_math.c - the filters that reckon.
 */
#include "templates/liquid/liquid_filters.h"
#include "templates/liquid/liquid_number.h"

typedef bool binary_fn(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out);

static bool
read_two(struct liquid_call *c, struct liquid_number *a,
    struct liquid_number *b)
{
	return liquid_number_read(c->run, c->in, a) &&
	       liquid_number_read(c->run, c->args[0], b);
}

static bool
binary(struct liquid_call *c, binary_fn *fn)
{
	struct liquid_number a, b, result;

	return read_two(c, &a, &b) && fn(c->run, &a, &b, &result) &&
	       liquid_number_value(c->run, &result, &c->out);
}

static bool
both_ints(const struct liquid_call *c)
{
	return c->in.type == VALUE_INT && c->args[0].type == VALUE_INT;
}

bool
liquid_filter_plus(struct liquid_call *c)
{
	int64_t sum;

	if (both_ints(c) && !__builtin_add_overflow(c->in.u.integer,
				c->args[0].u.integer, &sum)) {
		c->out = value_int(sum);
		return true;
	}
	return binary(c, liquid_number_add);
}

bool
liquid_filter_minus(struct liquid_call *c)
{
	return binary(c, liquid_number_subtract);
}

bool
liquid_filter_times(struct liquid_call *c)
{
	return binary(c, liquid_number_multiply);
}

bool
liquid_filter_modulo(struct liquid_call *c)
{
	return binary(c, liquid_number_modulo);
}

bool
liquid_filter_divided_by(struct liquid_call *c)
{
	struct liquid_number a, b;

	return read_two(c, &a, &b) &&
	       liquid_number_divide(c->run, &a, &b, &c->out);
}

/* The input, unless the argument is beyond it on the given side. */
static bool
limit(struct liquid_call *c, int side)
{
	struct liquid_number a, b;
	int order;

	return read_two(c, &a, &b) &&
	       liquid_number_order(c->run, &b, &a, &order) &&
	       liquid_number_value(c->run, order == side ? &b : &a, &c->out);
}

bool
liquid_filter_at_least(struct liquid_call *c)
{
	return limit(c, 1);
}

bool
liquid_filter_at_most(struct liquid_call *c)
{
	return limit(c, -1);
}

bool
liquid_filter_abs(struct liquid_call *c)
{
	struct liquid_number x;

	if (!liquid_number_read(c->run, c->in, &x))
		return false;
	x.negative = false;
	return liquid_number_value(c->run, &x, &c->out);
}

static bool
rounded(struct liquid_call *c, enum liquid_rounding how, int places)
{
	struct liquid_number x;

	return liquid_number_read(c->run, c->in, &x) &&
	       liquid_number_round(c->run, &x, how, places, &x) &&
	       liquid_number_value(c->run, &x, &c->out);
}

bool
liquid_filter_ceil(struct liquid_call *c)
{
	return rounded(c, ROUND_UP, 0);
}

bool
liquid_filter_floor(struct liquid_call *c)
{
	return rounded(c, ROUND_DOWN, 0);
}

/* How many places, as a number; whole ones count, towards zero. */
static bool
read_places(struct liquid_call *c, int *places)
{
	struct liquid_number n;
	struct value whole;
	bool down;

	if (!liquid_number_read(c->run, liquid_call_arg(c, 0), &n))
		return false;
	down = !n.negative;
	if (!liquid_number_round(c->run, &n, down ? ROUND_DOWN : ROUND_UP, 0,
		&n) ||
	    !liquid_number_value(c->run, &n, &whole))
		return false;
	if (whole.type != VALUE_INT || whole.u.integer < INT32_MIN ||
	    whole.u.integer > INT32_MAX)
		return liquid_run_fail(c->run, "round: too many places");
	*places = (int)whole.u.integer;
	return true;
}

bool
liquid_filter_round(struct liquid_call *c)
{
	int places = 0;

	return (c->argc == 0 || read_places(c, &places)) &&
	       rounded(c, ROUND_NEAREST, places);
}
