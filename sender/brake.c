#include "sender/brake.h"

#include "lib/base/log.h"

#include <math.h>

/* Columns of brake_look. */
enum {
	LOOK_CAMPAIGN,
	LOOK_RECENT,
	LOOK_RESULTS,
	LOOK_HARD,
	LOOK_COMPLAINTS,
	LOOK_HARD_PERCENT,
	LOOK_COMPLAINT_PERCENT,
	LOOK_MINIMUM,
};

double
brake_lower_percent(int64_t k, int64_t n)
{
	double count = (double)n, p = (double)k / count;
	double zz = BRAKE_Z * BRAKE_Z / count;
	double spread = BRAKE_Z * sqrt(p * (1 - p) / count + zz / (4 * count));

	return 100 * (p + zz / 2 - spread) / (1 + zz);
}

/* A recipient may bounce or complain whose lease is not counted yet. */
static bool
is_above(int64_t k, int64_t n, double percent)
{
	if (k > n)
		n = k;
	return percent > 0 && brake_lower_percent(k, n) > percent;
}

static void
explain(char why[BRAKE_WHY_MAX], const char *what, int64_t k, int64_t n,
    double percent)
{
	snprintf(why, BRAKE_WHY_MAX,
	    "%lld %s among %lld recipients (%.3g %%), more than the %.15g %% "
	    "that the campaign's brake allows: resume it to go on",
	    (long long)k, what, (long long)n, 100.0 * (double)k / (double)n,
	    percent);
}

bool
brake_is_due(const struct brake_count *c, const struct brake_limit *limit,
    char why[BRAKE_WHY_MAX])
{
	if (c->results < limit->minimum || c->results <= 0)
		return false;
	if (is_above(c->complaints, c->results, limit->complaint_percent)) {
		explain(why, "complaints", c->complaints, c->results,
		    limit->complaint_percent);
		return true;
	}
	if (is_above(c->hard, c->results, limit->hard_percent)) {
		explain(why, "hard bounces", c->hard, c->results,
		    limit->hard_percent);
		return true;
	}
	return false;
}

static bool
pull(struct db *db, int64_t campaign, const struct brake_count *c,
    const char *why, struct err *err)
{
	char data[200];
	struct db_result r;
	int64_t stopped;

	snprintf(data, sizeof(data),
	    "{\"alert\":\"brake\",\"results\":%lld,\"hard_bounces\":%lld,"
	    "\"complaints\":%lld}",
	    (long long)c->results, (long long)c->hard,
	    (long long)c->complaints);
	if (!db_run(db, Q_BRAKE_PULL,
		DB_ARGS(db_int(campaign), db_cstr(why), db_cstr(data)), &r,
		err))
		return false;
	stopped = db_affected(&r);
	db_result_free(&r);
	if (stopped > 0)
		log_warn("campaign_paused", "campaign=%lld reason=%s",
		    (long long)campaign, log_quote(str_of(why)));
	return true;
}

static bool
look_at(struct db *db, const struct db_result *r, int row, struct err *err)
{
	const struct brake_count count = {
	    .results = db_get_int(r, row, LOOK_RESULTS),
	    .hard = db_get_int(r, row, LOOK_HARD),
	    .complaints = db_get_int(r, row, LOOK_COMPLAINTS),
	};
	const struct brake_limit limit = {
	    .hard_percent = db_get_float(r, row, LOOK_HARD_PERCENT),
	    .complaint_percent = db_get_float(r, row, LOOK_COMPLAINT_PERCENT),
	    .minimum = db_get_int(r, row, LOOK_MINIMUM),
	};
	char why[BRAKE_WHY_MAX];

	return !brake_is_due(&count, &limit, why) ||
	       pull(db, db_get_int(r, row, LOOK_CAMPAIGN), &count, why, err);
}

static bool
look(struct db *db, struct err *err)
{
	struct db_result r;
	bool ok = true;
	int row;

	if (!db_run(db, Q_BRAKE_PLAN, DB_NO_ARGS, NULL, err) ||
	    !db_run(db, Q_BRAKE_LOOK, DB_ARGS(db_int(BRAKE_RECENT)), &r, err))
		return false;
	for (row = 0; ok && row < db_rows(&r); row++)
		ok = look_at(db, &r, row, err);
	db_result_free(&r);
	return ok;
}

bool
brake_look(struct db *db, struct err *err)
{
	if (!db_begin(db, err))
		return false;
	if (look(db, err) && db_commit(db, err))
		return true;
	db_rollback(db);
	return false;
}
