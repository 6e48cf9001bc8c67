/* Goal: the numbers of appendix A, to six digits, and no surprises at the ends. */
#include "api/two_shares.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
near(double got, double want)
{
	/* the appendix rounds 1.5430334996 up */
	if (fabs(got - want) >= 5.01e-7)
		fail_msg("%.9f, not %.9f", got, want);
}

static void
the_vectors(void **state)
{
	static const struct {
		struct two_shares s;
		double z, p, better;
	} rows[] = {
	    {{120, 1000, 150, 1000}, 1.963050, 0.049640, 0.975068},
	    {{12, 100, 20, 100}, 1.543034, 0.122823, 0.936500},
	    {{0, 10, 0, 10}, 0, 1, 0.5},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		near(two_shares_z(&rows[i].s), rows[i].z);
		near(two_shares_p(&rows[i].s), rows[i].p);
		near(two_shares_better(&rows[i].s), rows[i].better);
	}
}

static void
sizes(void **state)
{
	(void)state;
	near(chi2_p(3.921569, 1), 0.047670);
	near(chi2_p(15.384615, 1), 0.0000877);
	/* where alarms begin: 0.001 */
	near(chi2_p(10.827566, 1), 0.001);
	near(chi2_p(13.815511, 2), 0.001);
	near(chi2_p(16.266236, 3), 0.001);
	near(chi2_p(18.466827, 4), 0.001);
	near(chi2_p(0, 3), 1);
}

/* One is as likely to be better as the other is not. */
static void
both_ways(void **state)
{
	static const struct two_shares rows[] = {{0, 0, 0, 0}, {0, 1, 1, 1},
	    {5, 5, 0, 7}, {3, 1000, 30, 10000}, {50000, 1000000, 50300, 999999},
	    {0, 1000000, 1000000, 1000000}};
	struct two_shares back;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		back = (struct two_shares){rows[i].kb, rows[i].nb, rows[i].ka,
		    rows[i].na};
		near(two_shares_better(&rows[i]) + two_shares_better(&back), 1);
		near(two_shares_z(&rows[i]), -two_shares_z(&back));
		near(two_shares_p(&rows[i]), two_shares_p(&back));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_vectors),
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
