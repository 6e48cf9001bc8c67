#include "api/campaign_aim.h"

#include "api/problem.h"

enum { AIM_HOLDOUT = 0, AIM_CLICK_IDS, AIM_TIME_ZONE };

struct campaign_aim
campaign_aim_new(void)
{
	return (struct campaign_aim){.time_zone = STR("UTC")};
}

void
campaign_aim_read(struct body *b, struct campaign_aim *aim)
{
	struct str zone = body_text(b, "time_zone", BODY_LINE | BODY_FILLED,
	    AIM_TIME_ZONE_MAX);
	const int64_t *goals;
	size_t n;

	if (zone.p != NULL)
		aim->time_zone = zone;
	goals = body_ids(b, "goal_ids", 0, &n);
	if (body_has(b, "goal_ids")) {
		aim->goals = goals;
		aim->goal_count = n;
	}
	aim->holdout_percent = body_number(b, "holdout_percent", 0, 0,
	    AIM_HOLDOUT_MAX, aim->holdout_percent);
	aim->click_ids = body_bool(b, "click_ids", 0, aim->click_ids);
}

bool
campaign_aim_holds(struct request *q, const struct campaign_aim *aim)
{
	const struct db_result *r = request_run(q, Q_CAMPAIGN_AIM_DANGLING,
	    DB_ARGS(db_int_array(aim->goals, aim->goal_count),
		db_text(aim->time_zone)));
	int row;

	if (r == NULL)
		return false;
	for (row = 0; row < db_rows(r); row++)
		problem_field(q, db_get_text(r, row, 0).p, "there is no %s %s",
		    db_get_text(r, row, 1).p, db_get_text(r, row, 2).p);
	return db_rows(r) == 0;
}

static bool
load_goals(struct request *q, struct campaign_aim *aim, int64_t id)
{
	const struct db_result *r =
	    request_run(q, Q_CAMPAIGN_AIM_GOALS, DB_ARGS(db_int(id)));
	int64_t *goals;
	int row;

	if (r == NULL)
		return false;
	goals = ARENA_ARRAY(&q->arena, int64_t, (size_t)db_rows(r) + 1);
	for (row = 0; row < db_rows(r); row++)
		goals[row] = db_get_int(r, row, 0);
	aim->goals = goals;
	aim->goal_count = (size_t)db_rows(r);
	return true;
}

bool
campaign_aim_load(struct request *q, struct campaign_aim *aim, int64_t id)
{
	const struct db_result *r =
	    request_one(q, Q_CAMPAIGN_AIM, DB_ARGS(db_int(id)));

	if (r == NULL)
		return false;
	*aim = (struct campaign_aim){
	    .holdout_percent = db_get_float(r, 0, AIM_HOLDOUT),
	    .click_ids = db_get_bool(r, 0, AIM_CLICK_IDS),
	    .time_zone = db_get_text(r, 0, AIM_TIME_ZONE),
	};
	return load_goals(q, aim, id);
}

bool
campaign_aim_write(struct request *q, const struct campaign_aim *aim,
    int64_t id)
{
	return request_run(q, Q_CAMPAIGN_AIM_SET,
		   DB_ARGS(db_int(id), db_float(aim->holdout_percent),
		       db_bool(aim->click_ids), db_text(aim->time_zone))) !=
		   NULL &&
	       request_run(q, Q_CAMPAIGN_GOALS_SET,
		   DB_ARGS(db_int(id),
		       db_int_array(aim->goals, aim->goal_count))) != NULL;
}
