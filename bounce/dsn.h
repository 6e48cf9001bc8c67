/*
 * dsn.h - a delivery report: message/delivery-status (RFC 3464, 2; RFC 6533
 * for message/global-delivery-status), read leniently.
 *
 *   per-message-fields 1*( CRLF per-recipient-fields )
 *
 * Works on the raw text of the part.  Blank lines separate groups, but what
 * counts is what a group says: one that names a recipient begins one; one
 * that names none completes the recipient before it, or waits for the name
 * that follows.  So reports with blank lines too many, or with none, are read
 * too.  A second Final-Recipient or Original-Recipient in a group begins
 * another recipient.
 *
 * Strings are borrowed from `raw` or lie in the arena; of the arena it takes
 * 32 KiB and what unfolding needs, and less when it has no more.
 */
#ifndef BOUNCE_DSN_H
#define BOUNCE_DSN_H

#include "lib/base/arena.h"
#include "lib/mail/status.h"

#define DSN_RECIPIENTS_MAX 200

enum dsn_action {
	DSN_ACTION_NONE = 0, /* not told, or a word nobody knows */
	DSN_FAILED,
	DSN_DELAYED,
	DSN_DELIVERED,
	DSN_RELAYED,
	DSN_EXPANDED,
	DSN_ACTION__COUNT
};
const char *dsn_action_name(enum dsn_action a); /* "failed"; "" for none */

struct dsn_recipient {
	/* Addresses without type and angle brackets, xtext (RFC 3461, 4) and
	 * utf-8-addr-xtext (RFC 6533, 3) undone; empty when not told. */
	struct str final, original;
	enum dsn_action action;
	struct status status;       /* class 0: not told */
	struct str diagnostic_type; /* "smtp" as written; may be empty */
	struct str diagnostic;      /* unfolded, without the type */
	int reply_code;             /* SMTP reply in it, 0 when none */
	struct str remote_mta;      /* without its type */
	struct str last_attempt, will_retry_until; /* dates as they stand */
};

struct dsn {
	struct str reporting_mta; /* without its type */
	struct str envelope_id;   /* Original-Envelope-Id, xtext undone */
	struct str arrival_date;
	struct dsn_recipient *recipients; /* in the arena */
	int count;
	bool cut; /* there were more than DSN_RECIPIENTS_MAX */
};

/* False when there is no recipient in it. */
bool dsn_parse(struct dsn *d, struct str raw, struct arena *a);

/* The first number in a text that can be the code of an SMTP reply that
 * refuses (RFC 5321, 4.2.1) and stands alone; 0: none. */
int dsn_reply_code(struct str text);

#endif
