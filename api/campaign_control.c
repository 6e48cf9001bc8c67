#include "api/campaign_control.h"

#include "api/campaigns.h"
#include "api/problem.h"

#define PERCENT_MIN 0.01
#define PERCENT_MAX 100

enum { CONTROL_RATE = 0, CONTROL_HARD = 4, CONTROL_COMPLAINT, CONTROL_MINIMUM };

struct campaign_control
campaign_control_new(void)
{
	return (struct campaign_control){
	    .hard_percent = BRAKE_HARD_PERCENT,
	    .complaint_percent = BRAKE_COMPLAINT_PERCENT,
	    .minimum = BRAKE_MINIMUM,
	};
}

static void
read_percent(struct body *b, const char *field, double *percent)
{
	*percent = body_number(b, field, BODY_NULL, PERCENT_MIN, PERCENT_MAX,
	    *percent);
	if (body_is_null(b, field))
		*percent = 0;
}

void
campaign_control_read(struct body *outer, struct campaign_control *c)
{
	struct body rate = body_object(outer, "rate", BODY_NULL);
	struct body brake = body_object(outer, "brake", BODY_NULL);

	if (body_is_null(outer, "rate"))
		c->rate = (struct limits){0};
	limits_read(&rate, &c->rate);
	body_end(&rate, outer);
	if (body_is_null(outer, "brake"))
		c->hard_percent = c->complaint_percent = 0;
	read_percent(&brake, "hard_bounce_percent", &c->hard_percent);
	read_percent(&brake, "complaint_percent", &c->complaint_percent);
	c->minimum =
	    body_int(&brake, "minimum", 0, 1, BRAKE_MINIMUM_MAX, c->minimum);
	body_end(&brake, outer);
}

bool
campaign_control_load(struct request *q, struct campaign_control *c, int64_t id)
{
	const struct db_result *r =
	    request_one(q, Q_CAMPAIGN_CONTROL, DB_ARGS(db_int(id)));

	if (r == NULL)
		return false;
	*c = (struct campaign_control){
	    .rate = limits_load(r, CONTROL_RATE),
	    .hard_percent = db_get_float(r, 0, CONTROL_HARD),
	    .complaint_percent = db_get_float(r, 0, CONTROL_COMPLAINT),
	    .minimum = db_get_int(r, 0, CONTROL_MINIMUM),
	};
	return true;
}

static struct db_arg
percent_arg(double percent)
{
	return percent > 0 ? db_float(percent) : db_null();
}

bool
campaign_control_write(struct request *q, const struct campaign_control *c,
    int64_t id)
{
	return request_run(q, Q_CAMPAIGN_CONTROL_SET,
		   DB_ARGS(db_int(id), limit_arg(c->rate.per_second),
		       limit_arg(c->rate.per_minute),
		       limit_arg(c->rate.per_hour), limit_arg(c->rate.per_day),
		       percent_arg(c->hard_percent),
		       percent_arg(c->complaint_percent),
		       db_int(c->minimum))) != NULL;
}

/* Whether something is to change that only a draft can. */
static bool
wants_more(const struct body *b)
{
	size_t known = (json_object_get(b->object, "rate") != NULL) +
		       (json_object_get(b->object, "brake") != NULL);

	return json_object_size(b->object) > known;
}

void
campaign_control_change(struct request *q, const char *status)
{
	struct body b = body_open(q);
	struct campaign_control c;

	if (b.object == NULL)
		return;
	if (wants_more(&b) || strcmp(status, "finished") == 0 ||
	    strcmp(status, "cancelled") == 0) {
		problem(q, 409,
		    "the campaign is %s; a draft can change, and rate and "
		    "brake until it is over",
		    status);
		return;
	}
	if (!campaign_control_load(q, &c, q->id))
		return;
	campaign_control_read(&b, &c);
	if (body_close(&b) && campaign_control_write(q, &c, q->id))
		campaign_reply(q, 200, q->id);
}
