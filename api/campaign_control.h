/*
 * campaign_control.h - how fast a campaign goes, and when it stops by
 * itself: what people may change while it runs.
 *
 *   "rate":  {"per_second":..,"per_minute":..,"per_hour":..,"per_day":..}
 *   "brake": {"hard_bounce_percent":5,"complaint_percent":0.3,"minimum":200}
 *
 * Senders take a change up within a second.  null instead of an object
 * takes all limits away, or lets the campaign go on whatever comes back.
 */
#ifndef API_CAMPAIGN_CONTROL_H
#define API_CAMPAIGN_CONTROL_H

#include "api/limits.h"

/* Services warn at about these; receivers block beyond (README). */
#define BRAKE_HARD_PERCENT      5
#define BRAKE_COMPLAINT_PERCENT 0.3
#define BRAKE_MINIMUM           200
#define BRAKE_MINIMUM_MAX       1000000

struct campaign_control {
	struct limits rate;
	double hard_percent, complaint_percent; /* 0: no brake for that */
	int64_t minimum; /* results, before it may stop */
};

struct campaign_control campaign_control_new(void);
/* Over what is held already. */
void campaign_control_read(struct body *outer, struct campaign_control *c);

/* The stored one of a campaign that is held, and writing it.  false:
 * answered. */
bool campaign_control_load(struct request *q, struct campaign_control *c,
    int64_t id) MUST_USE;
bool campaign_control_write(struct request *q, const struct campaign_control *c,
    int64_t id) MUST_USE;

/* PATCH of a campaign that is no draft: nothing but these fields. */
void campaign_control_change(struct request *q, const char *status);

#endif
