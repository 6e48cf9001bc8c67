/*
 * imap_backoff.h - how long to stay away from a mailbox after a failure
 * one minute, doubling to fifteen, each +-30 % so that many pollers
 * do not come back together; never less than what the server asked for.
 */
#ifndef BOUNCE_IMAP_BACKOFF_H
#define BOUNCE_IMAP_BACKOFF_H

#include "lib/base/str.h"

#define IMAP_BACKOFF_FIRST_MS     60000
#define IMAP_BACKOFF_LAST_MS      900000
#define IMAP_BACKOFF_ASKED_MAX_MS (24LL * 3600 * 1000) /* believe no more */

struct imap_backoff {
	int failures; /* in a row */
};

/* Counts a failure; `asked_ms` is the server's wish or -1. */
int64_t imap_backoff_next(struct imap_backoff *b, int64_t asked_ms);
void imap_backoff_reset(struct imap_backoff *b); /* it worked */

/* "Suggested Backoff Time: 299961 milliseconds" anywhere in text; -1: none. */
int64_t imap_backoff_asked(struct str text);

#endif
