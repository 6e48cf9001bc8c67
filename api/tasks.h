/*
 * tasks.h - what this process asks of a sender or poller, and waiting for it.
 *
 * A request that asks for a self-test or a test message queues a task, ends
 * its transaction and looks at the row now and then.  When nobody takes it
 * within TASK_TAKE_MS, or it is not done within TASK_DONE_MS, the answer is
 * 202 and the task goes on: GET /v1/tasks/{id}.
 */
#ifndef API_TASKS_H
#define API_TASKS_H

#include "api/request.h"

#define TASK_LOOK_MS 50
#define TASK_TAKE_MS 5000
#define TASK_DONE_MS 20000

/* Commits, and returns when all tasks are over or the wait is.  The answer
 * must say by now where the tasks are: it is what an Idempotency-Key gets
 * meanwhile.  false: answered. */
bool task_wait(struct request *q, const int64_t *ids, size_t n) MUST_USE;

/* Queues a log-in to that account or mailbox, waits, and answers.  The body of
 * a mailbox's request is read here. */
void task_test_account(struct request *q, int64_t account);
void task_test_mailbox(struct request *q, int64_t mailbox);
/* The same for an account whose message is to be read back; the arguments of
 * self_test_insert. */
void task_self_test(struct request *q, struct db_args args);
/* The same for a message that is to be judged again; the arguments of
 * reclassify_insert. */
void task_reclassify(struct request *q, struct db_args args);

#endif
