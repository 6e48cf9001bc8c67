/*
 * click_id.h - how the servers that links lead to may say who came.
 *
 * A campaign that wants it (click_ids) gets a parameter into each URL that
 * its links lead to: the click's id, lib/mail/token.h.  Which campaigns want
 * it is kept in memory, CLICK_CAMPAIGNS of them; it does not change once a
 * campaign was started.  Thread-safe without a lock.
 */
#ifndef API_CLICK_ID_H
#define API_CLICK_ID_H

#include "api/request.h"

#define CLICK_ID_PARAMETER "vclid"
#define CLICK_CAMPAIGNS    1024

struct click_campaigns;

struct click_campaigns *click_campaigns_new(void);
void click_campaigns_free(struct click_campaigns *c);

/* `url` with the id of a click on a link of this delivery, if its campaign
 * wants that; as it is, if not, or if nobody can say so now. */
struct str click_id_add(struct request *q, int64_t delivery, struct str url);

#endif
