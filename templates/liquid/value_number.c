#include "templates/liquid/value_number.h"

#include <float.h>
#include <gmp.h>
#include <math.h>

#define FIXED_MAX   15   /* digits of a whole float, before it floats */
#define EXACT_MAX   1e15 /* decimals of up to 15 digits are told apart */
#define PLACES_MAX  8
#define FLOAT_LIMBS 17 /* of the largest float */

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NAIL_BITS == 0,
    "limbs are whole words");

struct value
value_from_limbs(bool negative, const uint64_t *limbs, uint32_t n)
{
	uint64_t top = (uint64_t)INT64_MAX + negative;

	while (n > 0 && limbs[n - 1] == 0)
		n--;
	if (n == 0)
		return value_int(0);
	if (n == 1 && limbs[0] <= top)
		return value_int(negative ? -(int64_t)(limbs[0] - 1) - 1
					  : (int64_t)limbs[0]);
	return (struct value){
	    .type = VALUE_BIG,
	    .negative = negative,
	    .n = n,
	    .u.limbs = limbs,
	};
}

bool
value_from_digits(struct value *out, struct str digits, struct arena *a)
{
	unsigned char raw[VALUE_DIGITS_MAX];
	bool negative = str_starts(digits, STR("-"));
	uint64_t *limbs;
	int64_t small;
	size_t i, n;

	if (str_to_i64(digits, &small)) {
		*out = value_int(small);
		return true;
	}
	digits = str_from(digits, negative);
	while (digits.n > 1 && digits.p[0] == '0')
		digits = str_from(digits, 1);
	if (digits.n > VALUE_DIGITS_MAX)
		return false;
	limbs = arena_try(a, (digits.n / 19 + 1) * sizeof(*limbs));
	if (limbs == NULL)
		return false;
	for (i = 0; i < digits.n; i++)
		raw[i] = (unsigned char)(digits.p[i] - '0');
	n = (size_t)mpn_set_str(limbs, raw, digits.n, 10);
	*out = value_from_limbs(negative, limbs, (uint32_t)n);
	return true;
}

size_t
value_int_text(int64_t v, char out[VALUE_INT_TEXT])
{
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char digits[VALUE_INT_TEXT];
	size_t n = sizeof(digits), sign = v < 0;

	do
		digits[--n] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (v < 0)
		out[0] = '-';
	memcpy(out + sign, digits + n, sizeof(digits) - n);
	return sign + sizeof(digits) - n;
}

size_t
value_big_text(struct value v, char out[VALUE_BIG_TEXT])
{
	uint64_t limbs[VALUE_LIMBS_MAX + 1];
	size_t i, n, sign = v.negative;

	memcpy(limbs, v.u.limbs, v.n * sizeof(*limbs));
	n = mpn_get_str((unsigned char *)out + sign, 10, limbs, v.n);
	if (v.negative)
		out[0] = '-';
	for (i = sign; i < sign + n; i++)
		out[i] = (char)(out[i] + '0');
	return sign + n;
}

/* Prices and the like: a whole number of few places.  With at most 15
 * digits it is the only decimal of that length that reads back as v. */
static int
few_places(double v, char digits[VALUE_FLOAT_TEXT], int *exponent)
{
	double scaled = v, power = 1;
	char text[VALUE_INT_TEXT];
	int places, n;

	for (places = 0; places <= PLACES_MAX; places++) {
		scaled = nearbyint(v * power);
		if (scaled >= EXACT_MAX)
			return 0;
		if (scaled / power == v)
			break;
		power *= 10;
	}
	if (places > PLACES_MAX)
		return 0;
	n = (int)value_int_text((int64_t)scaled, text);
	*exponent = n - 1 - places;
	while (n > 1 && text[n - 1] == '0')
		n--;
	memcpy(digits, text, (size_t)n);
	return n;
}

static int
digits_of(const char *text, char digits[VALUE_FLOAT_TEXT], int *exponent)
{
	int n = 0;

	for (; *text != 'e'; text++)
		if (*text >= '0' && *text <= '9')
			digits[n++] = *text;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	*exponent = (int)strtol(text + 1, NULL, 10);
	return n;
}

/* "1.29e-05" becomes "1.30e-05". */
static void
next_up(char *text)
{
	char *p = strchr(text, 'e');

	while (--p > text && (*p == '9' || *p == '.'))
		if (*p == '9')
			*p = '0';
	++*p;
}

/* Of as many digits the nearest one; below a power of two floats lie closer
 * than above it, so that the next one up may read back where this does not. */
static bool
reads_back(double v, int precision, char text[VALUE_FLOAT_TEXT])
{
	snprintf(text, VALUE_FLOAT_TEXT, "%.*e", precision, v);
	if (strtod(text, NULL) == v)
		return true;
	if (v - nextafter(v, 0) == nextafter(v, (double)INFINITY) - v)
		return false;
	next_up(text);
	return strtod(text, NULL) == v;
}

int
value_float_digits(double v, char digits[VALUE_FLOAT_TEXT], int *exponent)
{
	char text[VALUE_FLOAT_TEXT];
	int precision, n = few_places(v, digits, exponent);

	if (n > 0)
		return n;
	/* Those that are not normal have fewer digits than 15. */
	for (precision = v < DBL_MIN ? 0 : 14; precision < 16; precision++)
		if (reads_back(v, precision, text))
			return digits_of(text, digits, exponent);
	snprintf(text, sizeof(text), "%.16e", v);
	return digits_of(text, digits, exponent);
}

static char *
put_zeros(char *to, int n)
{
	while (n-- > 0)
		*to++ = '0';
	return to;
}

static char *
put_digits(char *to, const char *digits, int n)
{
	memcpy(to, digits, (size_t)n);
	return to + n;
}

/* 0.00ddd, ddd.ddd or ddd00.0 */
static char *
put_fixed(char *to, const char *d, int n, int e)
{
	int whole = e < n - 1 ? e + 1 : n;

	if (e < 0) {
		to = put_zeros(put_digits(to, "0.", 2), -e - 1);
		return put_digits(to, d, n);
	}
	to = put_zeros(put_digits(to, d, whole), e + 1 - n);
	*to++ = '.';
	return whole < n ? put_digits(to, d + whole, n - whole)
			 : put_zeros(to, 1);
}

size_t
value_float_text(double v, char out[VALUE_FLOAT_TEXT])
{
	char d[VALUE_FLOAT_TEXT] = "0", *to = out;
	int e = 0, n = 1;

	if (!isfinite(v))
		return (size_t)snprintf(out, VALUE_FLOAT_TEXT, "%s",
		    isnan(v) ? "NaN"
		    : v < 0  ? "-Infinity"
			     : "Infinity");
	if (v != 0)
		n = value_float_digits(fabs(v), d, &e);
	if (signbit(v))
		*to++ = '-';
	if (e >= -4 && (e < FIXED_MAX || n > e + 1))
		return (size_t)(put_fixed(to, d, n, e) - out);
	d[n] = '\0';
	to += snprintf(to, VALUE_FLOAT_TEXT - 1, "%c.%se%+03d", d[0],
	    n > 1 ? d + 1 : "0", e);
	return (size_t)(to - out);
}

static bool
is_negative(struct value v)
{
	if (v.type == VALUE_BIG)
		return v.negative;
	return v.type == VALUE_INT ? v.u.integer < 0 : v.u.real < 0;
}

/* A big number and a float of the same sign, the signs left away. */
static int
order_big_float(struct value big, double real)
{
	uint64_t limbs[FLOAT_LIMBS] = {0}, mantissa;
	int exponent, at;
	uint32_t n;

	real = fabs(real);
	if (real < 0x1p63)
		return 1;
	if (!isfinite(real))
		return -1;
	mantissa = (uint64_t)ldexp(frexp(real, &exponent), 64);
	exponent -= 64;
	if (exponent < 0) {
		limbs[0] = mantissa >> -exponent;
		n = 1;
	} else {
		at = exponent / 64;
		limbs[at] = mantissa << exponent % 64;
		if (exponent % 64 > 0)
			limbs[at + 1] = mantissa >> (64 - exponent % 64);
		n = (uint32_t)at + (limbs[at + 1] != 0 ? 2 : 1);
	}
	if (big.n != n)
		return big.n > n ? 1 : -1;
	at = mpn_cmp(big.u.limbs, limbs, n);
	return (at > 0) - (at < 0);
}

/* The first one is big. */
static int
order_big(struct value a, struct value b)
{
	int order;

	if (a.negative != is_negative(b))
		return a.negative ? -1 : 1;
	if (b.type == VALUE_INT)
		order = 1;
	else if (b.type == VALUE_FLOAT)
		order = order_big_float(a, b.u.real);
	else if (a.n != b.n)
		order = a.n > b.n ? 1 : -1;
	else
		order = mpn_cmp(a.u.limbs, b.u.limbs, a.n);
	order = (order > 0) - (order < 0);
	return a.negative ? -order : order;
}

int
value_number_order(struct value a, struct value b)
{
	/* long double holds every int and every float. */
	long double x, y;

	if ((a.type == VALUE_FLOAT && isnan(a.u.real)) ||
	    (b.type == VALUE_FLOAT && isnan(b.u.real)))
		return 2;
	if (a.type == VALUE_BIG)
		return order_big(a, b);
	if (b.type == VALUE_BIG)
		return -order_big(b, a);
	x = a.type == VALUE_INT ? (long double)a.u.integer : a.u.real;
	y = b.type == VALUE_INT ? (long double)b.u.integer : b.u.real;
	return (x > y) - (x < y);
}
