#include "api/two_shares.h"

#include <math.h>

double
two_shares_z(const struct two_shares *s)
{
	double na = (double)s->na, nb = (double)s->nb;
	double pooled, variance;

	if (s->na == 0 || s->nb == 0)
		return 0;
	pooled = (double)(s->ka + s->kb) / (na + nb);
	variance = pooled * (1 - pooled) * (1 / na + 1 / nb);
	if (variance <= 0)
		return 0;
	return ((double)s->kb / nb - (double)s->ka / na) / sqrt(variance);
}

double
two_shares_p(const struct two_shares *s)
{
	return erfc(fabs(two_shares_z(s)) / M_SQRT2);
}

static double
log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

/* The sum over i < kb + 1 of B(a + i, m) / ((b + i) B(1 + i, b) B(a, c)),
 * a = ka + 1, c = na - ka + 1, b = nb - kb + 1, m = b + c: each term from the
 * one before, as logarithms, for the first ones may be next to nothing. */
double
two_shares_better(const struct two_shares *s)
{
	double a = (double)s->ka + 1, c = (double)(s->na - s->ka) + 1;
	double b = (double)(s->nb - s->kb) + 1, m = b + c, sum = 0;
	double term =
	    log_gamma(m) + log_gamma(a + c) - log_gamma(a + m) - log_gamma(c);
	int64_t i;

	for (i = 0; i <= s->kb; i++) {
		sum += exp(term);
		term += log((a + (double)i) / (a + m + (double)i)) +
			log((b + (double)i) / (1 + (double)i));
	}
	return fmin(sum, 1);
}

/* Q(degrees / 2, chi2 / 2), from Q(a + 1, y) = Q(a, y) + y^a e^-y / G(a + 1). */
double
chi2_p(double chi2, int degrees)
{
	double y = chi2 / 2, a;
	double q = degrees % 2 == 0 ? exp(-y) : erfc(sqrt(y));
	int i;

	if (y <= 0)
		return 1;
	for (i = 2 - degrees % 2; i < degrees; i += 2) {
		a = i / 2.0;
		q += exp(a * log(y) - y - log_gamma(a + 1));
	}
	return q;
}
