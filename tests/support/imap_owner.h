/*
 * imap_owner.h - the owner of an IMAP link: counts what it is told, keeps the
 * newest of it, and lets the loop run until there is more.
 *
 *   IMAP_OWNER_TEST(my_test)            in the table of tests
 *   struct imap_owner *o = *state;      in the test
 */
#ifndef TESTS_SUPPORT_IMAP_OWNER_H
#define TESTS_SUPPORT_IMAP_OWNER_H

#include "bounce/imap_link.h"

struct imap_owner {
	struct loop *loop;
	struct loop_timer *alarm;
	struct imap_link *link;
	int ready, found, headers, bodies, folders, news, done, closed;
	struct mail_folder mailbox;
	struct imap_set uids;
	uint32_t last_uid;
	uint64_t last_size;
	struct buf bytes; /* of the last message */
	struct buf names; /* of the folders */
	struct err end, answer;
	int64_t backoff_ms;
	bool rang, free_at_once;
	int *until; /* the loop stops when it is no longer 0 */
};

int imap_owner_setup(void **state);
int imap_owner_teardown(void **state);

/* Runs until the count grows (or the link closes); false after ms. */
bool imap_owner_run(struct imap_owner *o, int *until, int64_t ms);
/* The same within 10 s; fails the test, which says what was waited for. */
void imap_owner_expect(struct imap_owner *o, int *until, const char *what);

void imap_owner_open(struct imap_owner *o,
    const struct imap_link_params *params);
/* And waits until the folder is open. */
void imap_owner_open_ready(struct imap_owner *o,
    const struct imap_link_params *params);
/* All UIDs from there on are in `uids` then. */
void imap_owner_search(struct imap_owner *o, uint32_t from);

#define IMAP_OWNER_TEST(f)                                   \
	cmocka_unit_test_setup_teardown(f, imap_owner_setup, \
	    imap_owner_teardown)

#endif
