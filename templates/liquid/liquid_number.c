#include "templates/liquid/liquid_number.h"

#include <gmp.h>
#include <math.h>

#define EXACT      (1ULL << 53) /* floats are whole numbers up to here */
#define POWERS_MAX 22           /* and powers of ten up to there */
#define CHUNK      19           /* digits that fit in a limb */

static const double powers[POWERS_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6,
    1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
    1e20, 1e21, 1e22};

static bool
too_long(struct liquid_run *r)
{
	return liquid_run_fail(r, "a number has more than %d digits",
	    VALUE_DIGITS_MAX);
}

uint64_t *
liquid_number_room(struct liquid_run *r, size_t limbs)
{
	if (limbs > LIQUID_LIMBS_MAX) {
		(void)too_long(r);
		return NULL;
	}
	if (!liquid_run_charge(r, limbs / 4))
		return NULL;
	return liquid_run_alloc(r, limbs * sizeof(uint64_t));
}

void
liquid_number_set(struct liquid_number *x, const uint64_t *limbs, size_t n)
{
	while (n > 0 && limbs[n - 1] == 0)
		n--;
	x->n = (uint32_t)n;
	x->one = n > 0 ? limbs[0] : 0;
	x->limbs = limbs;
}

void
liquid_number_set_one(struct liquid_number *x, uint64_t limb)
{
	x->n = limb != 0;
	x->one = limb;
}

uint64_t
liquid_power_of_ten(uint32_t n)
{
	uint64_t power = 1;

	while (n-- > 0)
		power *= 10;
	return power;
}

/* x * 10^places, whatever its scale. */
bool
liquid_number_shift(struct liquid_run *r, const struct liquid_number *x,
    uint32_t places, struct liquid_number *out)
{
	uint64_t *limbs, factor, product;
	size_t n = x->n;
	uint32_t step;

	*out = *x;
	if (places == 0 || n == 0)
		return true;
	factor = liquid_power_of_ten(places < CHUNK ? places : CHUNK);
	if (n == 1 && places <= CHUNK &&
	    !__builtin_mul_overflow(x->one, factor, &product)) {
		out->one = product;
		return true;
	}
	limbs = liquid_number_room(r, n + places / CHUNK + 1);
	if (limbs == NULL)
		return false;
	memcpy(limbs, liquid_number_limbs(x), n * sizeof(*limbs));
	for (; places > 0; places -= step) {
		step = places < CHUNK ? places : CHUNK;
		limbs[n] = mpn_mul_1(limbs, limbs, (mp_size_t)n,
		    liquid_power_of_ten(step));
		n += limbs[n] != 0;
	}
	liquid_number_set(out, limbs, n);
	return true;
}

double
liquid_number_double(const struct liquid_number *x)
{
	char text[LIQUID_LIMBS_MAX * 20 + 32];
	uint64_t limbs[LIQUID_LIMBS_MAX + 1];
	double v = 0;
	size_t i, n;

	if (x->kind == NUMBER_NAN)
		return NAN;
	if (x->kind == NUMBER_INFINITE) {
		v = INFINITY;
	} else if (x->n <= 1 && x->one < EXACT && x->scale <= POWERS_MAX) {
		v = (double)x->one / powers[x->scale];
	} else {
		memcpy(limbs, liquid_number_limbs(x), x->n * sizeof(*limbs));
		n = mpn_get_str((unsigned char *)text, 10, limbs, x->n);
		for (i = 0; i < n; i++)
			text[i] = (char)(text[i] + '0');
		snprintf(text + n, sizeof(text) - n, "e-%u", x->scale);
		v = strtod(text, NULL);
	}
	return x->negative ? -v : v;
}

bool
liquid_number_from_double(struct liquid_run *r, double v,
    struct liquid_number *out)
{
	char digits[VALUE_FLOAT_TEXT];
	int i, n, exponent;
	uint64_t m = 0;

	*out = (struct liquid_number){
	    .decimal = true,
	    .negative = signbit(v) != 0,
	};
	if (!isfinite(v)) {
		out->kind = isnan(v) ? NUMBER_NAN : NUMBER_INFINITE;
		return true;
	}
	if (v == 0)
		return true;
	n = value_float_digits(fabs(v), digits, &exponent);
	for (i = 0; i < n; i++)
		m = m * 10 + (uint64_t)(digits[i] - '0');
	liquid_number_set_one(out, m);
	if (exponent >= n - 1)
		return liquid_number_shift(r, out, (uint32_t)(exponent - n + 1),
		    out);
	out->scale = (uint32_t)(n - 1 - exponent);
	return true;
}

static bool
from_digits(struct liquid_run *r, const char *digits, size_t n,
    struct liquid_number *out)
{
	unsigned char raw[VALUE_DIGITS_MAX];
	uint64_t *limbs, small;
	size_t i;

	if (n == 0)
		return true;
	if (str_to_u64((struct str){digits, n}, &small)) {
		liquid_number_set_one(out, small);
		return true;
	}
	limbs = liquid_number_room(r, n / CHUNK + 1);
	if (limbs == NULL)
		return false;
	for (i = 0; i < n; i++)
		raw[i] = (unsigned char)(digits[i] - '0');
	liquid_number_set(out, limbs, (size_t)mpn_set_str(limbs, raw, n, 10));
	return true;
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A text's digits with at most one '_' between two of them, and for
 * decimals the point left away: into `digits`. */
static bool
collect(struct liquid_run *r, struct str s, bool decimal, char *digits,
    size_t *n)
{
	size_t i;

	*n = 0;
	for (i = 0; i < s.n; i++) {
		if (digit(s.p[i])) {
			if (*n == VALUE_DIGITS_MAX)
				return too_long(r);
			digits[(*n)++] = s.p[i];
			continue;
		}
		if (decimal && s.p[i] == '.')
			continue;
		if (s.p[i] != '_' || *n == 0 || i + 1 == s.n ||
		    !digit(s.p[i + 1]))
			break;
	}
	return true;
}

/* "-12.50" and no more: how many places, 0 for anything else. */
static uint32_t
decimal_places(struct str s)
{
	size_t point = str_chr(s, '.'), i;

	if (point == STR_NOWHERE || point == 0 || point + 1 == s.n)
		return 0;
	for (i = 0; i < s.n; i++)
		if (i != point && !digit(s.p[i]))
			return 0;
	return (uint32_t)(s.n - point - 1);
}

static bool
white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
from_text(struct liquid_run *r, struct str s, struct liquid_number *out)
{
	char digits[VALUE_DIGITS_MAX];
	struct str whole;
	bool signs;
	size_t n;

	*out = (struct liquid_number){0};
	if (!liquid_run_charge(r, s.n / LIQUID_BYTES_PER_STEP))
		return false;
	while (s.n > 0 && white(s.p[0]))
		s = str_from(s, 1);
	out->negative = str_starts(s, STR("-"));
	signs = out->negative || str_starts(s, STR("+"));
	whole = str_from(s, out->negative);
	while (whole.n > 0 &&
	       (white(whole.p[whole.n - 1]) || whole.p[whole.n - 1] == '\0'))
		whole.n--;
	out->scale = decimal_places(whole);
	out->decimal = out->scale > 0;
	s = out->decimal ? whole : str_from(s, signs);
	if (!collect(r, s, out->decimal, digits, &n) ||
	    !from_digits(r, digits, n, out))
		return false;
	if (out->n == 0 && !out->decimal)
		out->negative = false; /* only decimals have a -0 */
	return true;
}

bool
liquid_number_read(struct liquid_run *r, struct value v,
    struct liquid_number *out)
{
	*out = (struct liquid_number){0};
	if (v.type == VALUE_FLOAT)
		return liquid_number_from_double(r, v.u.real, out);
	if (v.type == VALUE_STRING)
		return from_text(r, value_text(v), out);
	if (v.type == VALUE_INT) {
		out->negative = v.u.integer < 0;
		liquid_number_set_one(out, out->negative
					       ? 0 - (uint64_t)v.u.integer
					       : (uint64_t)v.u.integer);
	} else if (v.type == VALUE_BIG) {
		out->negative = v.negative;
		liquid_number_set(out, v.u.limbs, v.n);
	}
	return true;
}

bool
liquid_number_value(struct liquid_run *r, const struct liquid_number *x,
    struct value *out)
{
	const uint64_t *limbs = x->limbs;
	uint64_t *one;

	if (x->decimal) {
		*out = value_float(liquid_number_double(x));
		return true;
	}
	if (x->n > VALUE_LIMBS_MAX)
		return too_long(r);
	if (x->n <= 1) {
		limbs = &x->one;
		if (x->one > INT64_MAX) {
			limbs = one = liquid_number_room(r, 1);
			if (one == NULL)
				return false;
			*one = x->one;
		}
	}
	*out = value_from_limbs(x->negative, limbs, x->n);
	return true;
}
