/*
 * webhook_worker.h - tells other programs what happened.
 *
 * Each webhook gets its events in the order of the feed (feed.h), some a
 * request, one request at a time:
 *
 *   {"webhook_id":7,"batch":"7.1042.99","test":false,"events":[...]}
 *
 *   Volley-Batch: 7.1042.99
 *   Volley-Signature: t=1764000000,v1=HEX
 *
 * v1 is HMAC-SHA256 with the webhook's secret over t, a dot and the body; who
 * checks it refuses what is older than a few minutes.  Any answer from 200 to
 * 299 takes the batch; everything else, redirects too, is tried again with
 * growing pauses, and after a day the webhook is disabled and an alert event
 * written.  A batch may arrive twice, when an answer was lost: events are
 * known by their id.
 *
 * Any number of workers may work on one database.
 */
#ifndef API_WEBHOOK_WORKER_H
#define API_WEBHOOK_WORKER_H

#include "lib/base/settings.h"

#define WEBHOOK_SECRET_PREFIX "whs_"
#define WEBHOOK_IDENTITY      "webhook:%lld" /* its secret is bound to it */
#define WEBHOOK_EVENTS_MAX    200            /* a batch is made from */
#define WEBHOOK_AT_ONCE       16
#define WEBHOOK_TIMEOUT_MS    10000
#define WEBHOOK_ANSWER_MAX    (64U << 10)
#define WEBHOOK_HOLD_S        60
#define WEBHOOK_GIVE_UP_S     86400

int webhooks_main(int argc, char **argv, const struct settings *settings);

#endif
