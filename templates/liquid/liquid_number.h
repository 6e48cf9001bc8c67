/*
 * liquid_number.h - what filters reckon with: whole numbers and decimals, both
 * exact and without bound but VALUE_DIGITS_MAX.
 *
 * Floats, and texts such as "5.50", are decimals while a filter reckons and
 * become floats again at its end, so that 0.1 + 0.2 is 0.3.  What is no
 * number counts as 0; of other texts the digits at their start count.
 * Memory is the render's.  Functions return false after liquid_run_fail; `out`
 * may be an operand in add, round and shift only.
 */
#ifndef TEMPLATES_LIQUID_NUMBER_H
#define TEMPLATES_LIQUID_NUMBER_H

#include "templates/liquid/liquid_run.h"
#include "templates/liquid/value_number.h"

struct liquid_number {
	enum { NUMBER_FINITE = 0, NUMBER_INFINITE, NUMBER_NAN } kind;
	bool decimal, negative; /* a decimal zero has a sign */
	uint32_t scale;         /* limbs / 10^scale; 0 when not decimal */
	uint32_t n;             /* limbs, the lowest first; 0: zero */
	uint64_t one;           /* the only limb, when n <= 1 */
	const uint64_t *limbs;
};

bool liquid_number_read(struct liquid_run *r, struct value v,
    struct liquid_number *out) MUST_USE;
bool liquid_number_value(struct liquid_run *r, const struct liquid_number *x,
    struct value *out) MUST_USE;

bool liquid_number_add(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out) MUST_USE;
bool liquid_number_subtract(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out) MUST_USE;
bool liquid_number_multiply(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out) MUST_USE;
/* Of whole numbers rounded down, of decimals the nearest float. */
bool liquid_number_divide(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct value *out) MUST_USE;
/* What is left has the sign of b. */
bool liquid_number_modulo(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, struct liquid_number *out) MUST_USE;

/* -1, 0, 1; 2 when one is not a number. */
bool liquid_number_order(struct liquid_run *r, const struct liquid_number *a,
    const struct liquid_number *b, int *order) MUST_USE;

enum liquid_rounding { ROUND_NEAREST = 0, ROUND_DOWN, ROUND_UP };
/* To so many places behind the point; a whole number when places < 1.
 * Halves go away from zero. */
bool liquid_number_round(struct liquid_run *r, const struct liquid_number *x,
    enum liquid_rounding how, int places, struct liquid_number *out) MUST_USE;

/* For `sum`: all the values as numbers, added up. */
bool liquid_number_sum(struct liquid_run *r, const struct value *items,
    uint32_t n, struct value *out) MUST_USE;

/* Between liquid_number.c and liquid_arithmetic.c: limbs as they are. */
/* While a filter reckons: four times VALUE_LIMBS_MAX. */
#define LIQUID_LIMBS_MAX 416U

static inline const uint64_t *
liquid_number_limbs(const struct liquid_number *x)
{
	return x->n <= 1 ? &x->one : x->limbs;
}

uint64_t *liquid_number_room(struct liquid_run *r, size_t limbs) MUST_USE;
void liquid_number_set(struct liquid_number *x, const uint64_t *limbs,
    size_t n);
void liquid_number_set_one(struct liquid_number *x, uint64_t limb);
/* x * 10^places, its scale as it is. */
bool liquid_number_shift(struct liquid_run *r, const struct liquid_number *x,
    uint32_t places, struct liquid_number *out) MUST_USE;
double liquid_number_double(const struct liquid_number *x);
bool liquid_number_from_double(struct liquid_run *r, double v,
    struct liquid_number *out) MUST_USE;
uint64_t liquid_power_of_ten(uint32_t n); /* n <= 19 */

#endif
