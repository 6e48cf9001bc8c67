/*
 * two_shares.h - what two shares, ka of na and kb of nb, tell of each other
 * (requirements, appendix A).  Intervals are the database's: report.wilson_*
 * and report.newcombe_*.
 */
#ifndef API_TWO_SHARES_H
#define API_TWO_SHARES_H

#include "lib/base/base.h"

struct two_shares {
	int64_t ka, na, kb, nb; /* 0 <= k <= n */
};

/* The test of two proportions with a pooled variance; 0 when there is none. */
double two_shares_z(const struct two_shares *s);
/* How likely a difference like this one is by chance: both sides of it. */
double two_shares_p(const struct two_shares *s);
/* That b's share is the larger one, each being Beta(k + 1, n - k + 1). */
double two_shares_better(const struct two_shares *s);

/* How likely so much of chi^2 is by chance; `degrees` from 1. */
double chi2_p(double chi2, int degrees);

#endif
