/*
 * self_test.h - the poller's half of an account's self-test: a task that
 * holds what a sender sent, and what is recorded of it.
 */
#ifndef BOUNCE_SELF_TEST_H
#define BOUNCE_SELF_TEST_H

#include "bounce/read_back_report.h"
#include "db/link.h"

struct self_test {
	int64_t task;   /* 0: none */
	int64_t age_ms; /* of the message, when the task was taken */
	struct read_back_sent sent;
	struct arena arena;
};

/* A row of mailbox_task_take. */
void self_test_read(struct self_test *s, const struct db_result *r);
void self_test_release(struct self_test *s);

/* The task's last statements: it was found, and the account gets the
 * findings; or `name` went wrong, and the account stays as it is. */
void self_test_found(const struct self_test *s,
    const struct read_back_arrival *arrival, struct db_batch *b);
void self_test_failed(const struct self_test *s, const char *name,
    const char *why, struct db_batch *b);

#endif
