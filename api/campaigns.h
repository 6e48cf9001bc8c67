/*
 * campaigns.h - what the files that act on campaigns share.
 *
 *   draft --start, schedule--> scheduled --(sender)--> running --(sender)--> finished
 *                                 |  ^                  |   ^
 *                                 pause  resume         pause  resume
 *                                 v  |                  v   |
 *                                 paused                paused
 *
 * cancel ends what is scheduled, running or paused, for good.
 */
#ifndef API_CAMPAIGNS_H
#define API_CAMPAIGNS_H

#include "api/request.h"

/* The campaign's document as the answer. */
void campaign_reply(struct request *q, int status, int64_t id);

/* Holds the campaign q->id; false, answered 404 or 409, unless its status is
 * one of `allowed` (blanks between).  `what` completes "cannot be ...". */
bool campaign_hold(struct request *q, const char *allowed,
    const char *what) MUST_USE;

/* It belongs to no experiment, with which it would have to be `what`.  false:
 * answered. */
bool campaign_is_alone(struct request *q, const char *what) MUST_USE;

/* Tells every field that keeps the campaign from being sent, or tried
 * (without lists).  false: answered. */
bool campaign_is_ready(struct request *q, bool to_lists) MUST_USE;

#endif
