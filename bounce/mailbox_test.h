/*
 * mailbox_test.h - does a mailbox work?  One connection that logs in, opens
 * the folder and says what it met, step by step.  Run for tasks of kind
 * mailbox_test, which the API queues.
 */
#ifndef BOUNCE_MAILBOX_TEST_H
#define BOUNCE_MAILBOX_TEST_H

#include "bounce/mailbox.h"

#define MAILBOX_TEST_TIMEOUT_S 20

/* Looks for a queued task and runs it; nothing when there is none or when
 * one is under way. */
struct mailbox_tests;
struct mailbox_tests *mailbox_tests_new(const struct mailbox_shared *shared);
void mailbox_tests_poll(struct mailbox_tests *t);
void mailbox_tests_free(struct mailbox_tests *t);

#endif
