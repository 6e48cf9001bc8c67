/*
 * errand.h - what the API asks of a sender through the table task: to test
 * an account, to send the test message of a campaign.  A self-test with a
 * mailbox sends a message, which a poller reads back.
 *
 * One at a time and worker.  The result, a JSON object {"ok", "steps":
 * [{"name", "ok", "detail"}]}, goes into the task's row.  An errand that is
 * not finished when its hold ends is done by somebody else.
 */
#ifndef SENDER_ERRAND_H
#define SENDER_ERRAND_H

#include "lib/mail/address.h"
#include "sender/probe.h"

#define ERRAND_TICK_MS 500
#define ERRAND_HOLD_S  120

struct worker;
struct letter;

struct errand {
	bool under_way;
	int64_t next_ms; /* look again */
	int64_t task, campaign_id;
	char recipient[ADDRESS_MAX + 1];
	struct relay_row row;  /* the account it goes through */
	struct letter *letter; /* a test message, or that of a self-test */
	bool reads_back;       /* the latter */
	struct probe *probe;
};

void errand_tick(struct worker *w);
void errand_release(struct worker *w);

#endif
