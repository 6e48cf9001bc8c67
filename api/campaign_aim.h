/*
 * campaign_aim.h - what a campaign is measured by.
 *
 *   "goal_ids": [3], "holdout_percent": 5, "click_ids": true,
 *   "time_zone": "Europe/Berlin"
 *
 * Part of the draft: it holds from the start of the campaign on.
 */
#ifndef API_CAMPAIGN_AIM_H
#define API_CAMPAIGN_AIM_H

#include "api/body.h"

#define AIM_HOLDOUT_MAX   50 /* percent */
#define AIM_TIME_ZONE_MAX 64 /* bytes */

struct campaign_aim {
	const int64_t *goals;
	size_t goal_count;
	double holdout_percent;
	bool click_ids;       /* links that are followed get one (click_id.h) */
	struct str time_zone; /* of its days: "UTC", "Europe/Berlin" */
};

struct campaign_aim campaign_aim_new(void);
/* Over what is held already. */
void campaign_aim_read(struct body *b, struct campaign_aim *aim);
/* What it names is there; false: answered. */
bool campaign_aim_holds(struct request *q,
    const struct campaign_aim *aim) MUST_USE;

/* The stored one of a campaign that is held, and writing it.  false:
 * answered. */
bool campaign_aim_load(struct request *q, struct campaign_aim *aim,
    int64_t id) MUST_USE;
bool campaign_aim_write(struct request *q, const struct campaign_aim *aim,
    int64_t id) MUST_USE;

#endif
