/*
 * mailbox_test.h - does a mailbox work?  A connection that logs in, opens
 * the folder and says what it met, step by step.  Run for tasks of kind
 * mailbox_test, which the API queues; a few at the same time, so that one
 * server that does not answer keeps no other test waiting.
 *
 * Tasks of kind read_back, which a sender's half of a self-test becomes, go
 * on from there: they wait for its message (read_back.h, self_test.h).
 */
#ifndef BOUNCE_MAILBOX_TEST_H
#define BOUNCE_MAILBOX_TEST_H

#include "bounce/mailbox.h"

#define MAILBOX_TEST_TIMEOUT_S 15 /* the API waits a little longer */
#define MAILBOX_TESTS_MAX      8  /* at the same time */

struct mailbox_tests;

struct mailbox_tests *mailbox_tests_new(const struct mailbox_shared *shared);
/* Looks for queued tasks and runs them. */
void mailbox_tests_poll(struct mailbox_tests *tests);
/* Together with the link to the database.  NULL is fine. */
void mailbox_tests_free(struct mailbox_tests *tests);

#endif
