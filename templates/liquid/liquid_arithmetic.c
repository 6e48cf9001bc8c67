/*
 * liquid_arithmetic.c - plus, minus, times, divided by and what rounds, on
 * numbers of liquid_number.h.
 */
#include "templates/liquid/liquid_number.h"

#include <gmp.h>
#include <math.h>

#define EXACT        (1ULL << 53) /* floats are whole numbers up to here */
#define PLACES_MAX   19           /* 10^19 fits in a limb */
#define QUOTIENT_MIN 40           /* digits, when decimals are divided */
#define DIGIT_BITS   3.3219280948873626

/* Both with the larger scale. */
static bool
align(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number out[2])
{
	uint32_t scale = a->scale > b->scale ? a->scale : b->scale;

	if (!liquid_number_shift(r, a, scale - a->scale, &out[0]) ||
	    !liquid_number_shift(r, b, scale - b->scale, &out[1]))
		return false;
	out[0].scale = out[1].scale = scale;
	return true;
}

/* With infinities and what is no number: as floats do. */
static bool
not_finite(const struct liquid_number *a, const struct liquid_number *b)
{
	return a->kind != NUMBER_FINITE || b->kind != NUMBER_FINITE;
}

/* Of the same scale, signs left away. */
static int
order_limbs(const struct liquid_number *a, const struct liquid_number *b)
{
	int order;

	if (a->n != b->n)
		return a->n > b->n ? 1 : -1;
	order = mpn_cmp(liquid_number_limbs(a), liquid_number_limbs(b), a->n);
	return a->n == 0 ? 0 : (order > 0) - (order < 0);
}

/* |a| + |b|, or |a| - |b| where a is the larger one. */
static bool
combine(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, bool minus, struct liquid_number *out)
{
	uint64_t *limbs;

	if (b->n == 0) {
		liquid_number_set(out, liquid_number_limbs(a), a->n);
		return true;
	}
	limbs = liquid_number_room(r, (size_t)a->n + 1);
	if (limbs == NULL)
		return false;
	if (minus)
		limbs[a->n] = mpn_sub(limbs, liquid_number_limbs(a), a->n,
		    liquid_number_limbs(b), b->n);
	else
		limbs[a->n] = mpn_add(limbs, liquid_number_limbs(a), a->n,
		    liquid_number_limbs(b), b->n);
	liquid_number_set(out, limbs, (size_t)a->n + !minus);
	return true;
}

bool
liquid_number_add(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out)
{
	struct liquid_number both[2], *large = &both[0], *small = &both[1];
	bool minus = a->negative != b->negative;
	int order;

	if (not_finite(a, b))
		return liquid_number_from_double(r,
		    liquid_number_double(a) + liquid_number_double(b), out);
	if (!align(r, a, b, both))
		return false;
	order = order_limbs(&both[0], &both[1]);
	if (order < 0) {
		large = &both[1];
		small = &both[0];
	}
	*out = (struct liquid_number){
	    .decimal = a->decimal || b->decimal,
	    .scale = large->scale,
	    .negative = large->negative,
	};
	if (minus && order == 0) {
		out->negative = false;
		return true;
	}
	return combine(r, large, small, minus, out);
}

bool
liquid_number_subtract(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out)
{
	struct liquid_number minus = *b;

	minus.negative = !b->negative;
	return liquid_number_add(r, a, &minus, out);
}

bool
liquid_number_multiply(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out)
{
	const struct liquid_number *large = a->n >= b->n ? a : b;
	const struct liquid_number *small = a->n >= b->n ? b : a;
	uint64_t *limbs, product;

	if (not_finite(a, b))
		return liquid_number_from_double(r,
		    liquid_number_double(a) * liquid_number_double(b), out);
	*out = (struct liquid_number){
	    .decimal = a->decimal || b->decimal,
	    .negative = a->negative != b->negative,
	    .scale = a->scale + b->scale,
	};
	if (large->n <= 1 &&
	    !__builtin_mul_overflow(a->one, b->one, &product)) {
		liquid_number_set_one(out, product);
		return true;
	}
	if (small->n == 0)
		return true;
	limbs = liquid_number_room(r, (size_t)large->n + small->n);
	if (limbs == NULL)
		return false;
	mpn_mul(limbs, liquid_number_limbs(large), large->n,
	    liquid_number_limbs(small), small->n);
	liquid_number_set(out, limbs, (size_t)large->n + small->n);
	return true;
}

/* |a| / |b| as whole numbers, whatever their scales; b is not 0. */
static bool
quotient(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *q,
    struct liquid_number *rest)
{
	uint64_t *limbs;
	size_t n;

	if (a->n <= 1 && b->n <= 1) {
		liquid_number_set_one(q, a->one / b->one);
		liquid_number_set_one(rest, a->one % b->one);
		return true;
	}
	if (a->n < b->n) {
		liquid_number_set_one(q, 0);
		liquid_number_set(rest, liquid_number_limbs(a), a->n);
		return true;
	}
	n = (size_t)a->n - b->n + 1;
	limbs = liquid_number_room(r, n + b->n);
	if (limbs == NULL)
		return false;
	mpn_tdiv_qr(limbs, limbs + n, 0, liquid_number_limbs(a), a->n,
	    liquid_number_limbs(b), b->n);
	liquid_number_set(q, limbs, n);
	liquid_number_set(rest, limbs + n, b->n);
	return true;
}

/* One more, signs left away. */
static bool
increment(struct liquid_run *r, struct liquid_number *x)
{
	static const struct liquid_number one = {.n = 1, .one = 1};
	struct liquid_number before = *x;

	if (before.n == 0) {
		liquid_number_set_one(x, 1);
		return true;
	}
	return combine(r, &before, &one, false, x);
}

static bool
divide_whole(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out)
{
	struct liquid_number rest = {0};

	if (b->n == 0)
		return liquid_run_fail(r, "divided by 0");
	if (!quotient(r, a, b, out, &rest))
		return false;
	return !out->negative || rest.n == 0 || increment(r, out);
}

static uint32_t
bits(const struct liquid_number *x)
{
	return x->n == 0 ? 0
			 : x->n * 64 - (uint32_t)__builtin_clzll(
					   liquid_number_limbs(x)[x->n - 1]);
}

/* Enough digits, and one more that tells whether something followed. */
static bool
divide_decimals(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out)
{
	struct liquid_number more, rest = {0};
	double have = (bits(a) - (double)bits(b)) / DIGIT_BITS;
	uint32_t places = 0;

	if (have < QUOTIENT_MIN)
		places = (uint32_t)(QUOTIENT_MIN - have);
	if (places + a->scale < b->scale)
		places = b->scale - a->scale;
	if (!liquid_number_shift(r, a, places, &more) ||
	    !quotient(r, &more, b, out, &rest) ||
	    !liquid_number_shift(r, out, 1, out))
		return false;
	out->scale = a->scale + places - b->scale + 1;
	return rest.n == 0 || increment(r, out);
}

/* As one division of floats, which rounds as it should. */
static bool
divide_small(const struct liquid_number *a, const struct liquid_number *b,
    double *out)
{
	uint64_t x = a->one, y = b->one;

	if (a->n > 1 || b->n != 1 || a->scale > PLACES_MAX ||
	    b->scale > PLACES_MAX ||
	    __builtin_mul_overflow(x, liquid_power_of_ten(b->scale), &x) ||
	    __builtin_mul_overflow(y, liquid_power_of_ten(a->scale), &y) ||
	    x >= EXACT || y >= EXACT)
		return false;
	*out = (double)x / (double)y;
	if (a->negative != b->negative)
		*out = -*out;
	return true;
}

bool
liquid_number_divide(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct value *out)
{
	bool decimal = a->decimal || b->decimal;
	struct liquid_number q = {
	    .decimal = decimal,
	    .negative = a->negative != b->negative,
	};
	double real;

	if (not_finite(a, b))
		real = liquid_number_double(a) / liquid_number_double(b);
	else if (!decimal)
		return divide_whole(r, a, b, &q) &&
		       liquid_number_value(r, &q, out);
	else if (b->n == 0)
		real = a->n == 0    ? (double)NAN
		       : q.negative ? -(double)INFINITY
				    : (double)INFINITY;
	else if (!divide_small(a, b, &real))
		return divide_decimals(r, a, b, &q) &&
		       liquid_number_value(r, &q, out);
	*out = value_float(real);
	return true;
}

bool
liquid_number_modulo(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out)
{
	struct liquid_number both[2], q = {0}, rest = {0};

	if (not_finite(a, b))
		return liquid_number_from_double(r, NAN, out);
	if (b->n == 0)
		return liquid_run_fail(r, "divided by 0");
	if (!align(r, a, b, both) ||
	    !quotient(r, &both[0], &both[1], &q, &rest))
		return false;
	*out = (struct liquid_number){
	    .decimal = a->decimal || b->decimal,
	    .negative = rest.n > 0 && b->negative,
	    .scale = both[0].scale,
	};
	if (rest.n > 0 && a->negative != b->negative)
		return combine(r, &both[1], &rest, true, out);
	liquid_number_set(out, liquid_number_limbs(&rest), rest.n);
	return true;
}

bool
liquid_number_order(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, int *order)
{
	struct liquid_number both[2];
	double x, y;

	if (not_finite(a, b)) {
		x = liquid_number_double(a);
		y = liquid_number_double(b);
		*order = isnan(x) || isnan(y) ? 2 : (x > y) - (x < y);
		return true;
	}
	*order = 0;
	if (a->n == 0 && b->n == 0)
		return true;
	if (a->n == 0 || b->n == 0 || a->negative != b->negative) {
		*order =
		    a->n == 0 ? (b->negative ? 1 : -1) : (a->negative ? -1 : 1);
		return true;
	}
	if (!align(r, a, b, both))
		return false;
	*order = order_limbs(&both[0], &both[1]);
	if (a->negative)
		*order = -*order;
	return true;
}

/* Whether x / 10^drop, of which `rest` was left, goes one away from zero. */
static bool
rounds_away(struct liquid_run *r, enum liquid_rounding how, bool negative,
    const struct liquid_number *rest, const struct liquid_number *unit,
    bool *away)
{
	struct liquid_number twice;

	*away = rest->n > 0 && negative == (how == ROUND_DOWN);
	if (how != ROUND_NEAREST)
		return true;
	if (rest->n == 0)
		return true;
	if (!combine(r, rest, rest, false, &twice))
		return false;
	*away = order_limbs(&twice, unit) >= 0;
	return true;
}

bool
liquid_number_round(struct liquid_run *r, const struct liquid_number *from,
    enum liquid_rounding how, int places, struct liquid_number *out)
{
	const struct liquid_number copy = *from, *x = &copy; /* may be out */
	static const struct liquid_number one = {.n = 1, .one = 1};
	struct liquid_number unit, rest = {0};
	int64_t drop = (int64_t)x->scale - places;
	bool away;

	if (x->kind != NUMBER_FINITE)
		return places > 0
			   ? (*out = *x, true)
			   : liquid_run_fail(r, "computation results in '%s'",
				 x->kind == NUMBER_NAN ? "NaN"
				 : x->negative         ? "-Infinity"
						       : "Infinity");
	*out = *x;
	out->decimal = x->decimal && places > 0;
	if (drop <= 0)
		return true;
	*out = (struct liquid_number){
	    .decimal = x->decimal && places > 0,
	    .negative = x->negative,
	    .scale = places > 0 ? (uint32_t)places : 0,
	};
	if (drop > VALUE_DIGITS_MAX + (int64_t)x->scale)
		return true;
	if (!liquid_number_shift(r, &one, (uint32_t)drop, &unit) ||
	    !quotient(r, x, &unit, out, &rest) ||
	    !rounds_away(r, how, x->negative, &rest, &unit, &away) ||
	    (away && !increment(r, out)))
		return false;
	return places >= 0 ||
	       liquid_number_shift(r, out, (uint32_t)-places, out);
}

bool
liquid_number_sum(struct liquid_run *r, const struct value *items, uint32_t n,
    struct value *out)
{
	struct liquid_number sum = {0}, item;
	uint32_t i;

	for (i = 0; i < n; i++)
		if (!liquid_run_charge(r, 1) ||
		    !liquid_number_read(r, items[i], &item) ||
		    !liquid_number_add(r, &sum, &item, &sum))
			return false;
	return liquid_number_value(r, &sum, out);
}
