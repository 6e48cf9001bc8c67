/*
 * errand.h - what the API asks of a sender through the table task: to test
 * an account, to send the test message of a campaign.
 *
 * One at a time and worker.  The result, a JSON object {"ok", "steps":
 * [{"name", "ok", "detail"}], ...}, goes into the task's row.
 */
#ifndef SENDER_ERRAND_H
#define SENDER_ERRAND_H

#include "lib/base/base.h"

#define ERRAND_TICK_MS 500
#define ERRAND_HOLD_S  120 /* then another worker does it */

struct worker;
struct probe;
struct test_message;

struct errand {
	bool under_way;
	int64_t next_ms; /* look again */
	int64_t task;
	struct probe *probe;         /* an account test */
	struct test_message *letter; /* a test message */
};

void errand_tick(struct worker *w);
void errand_release(struct worker *w);

#endif
