/*
 * verdict.h - the error policy of sending, in one place.
 *
 * What the wire said of a message, or of a connection, becomes an outcome
 * for the recipient and something to do about account and connection.
 * Nothing else decides this; the mechanism (session, link, pool) only asks.
 *
 *   reply or error, phase, dot sent   outcome          besides
 *   2xx to the dot                    accepted
 *   no reply, dot sent                uncertain        (S-031, RFC 1047)
 *   no reply, dot not sent            not attempted    (S-045); after
 *                                     VERDICT_LOSSES_MAX deferred
 *   timeout, dot not sent             deferred
 *   421, dot not sent                 not attempted    slow down (S-044)
 *   4xx                               deferred         account scope: slow
 *   5xx recipient, message            failed           (S-050)
 *   5xx account                       not attempted    pause the account,
 *                                                      or, a quota: wait
 *   5xx connection                    deferred
 *   5xx provider, 4.7.20 to 4.7.40    not attempted    pause the campaign
 *     because of who sends it                          for that provider,
 *     (authentication, reputation)                     or, to MAIL, as such
 *
 * Scope, type and category are lib/mail's diagnosis (table 1G).
 */
#ifndef SENDER_VERDICT_H
#define SENDER_VERDICT_H

#include "lib/mail/diagnosis.h"
#include "sender/smtp_session.h"

/* A message under which so many connections ended is deferred: it may be
 * what ends them. */
#define VERDICT_LOSSES_MAX 8

enum outcome {
	OUTCOME_ACCEPTED = 0,
	OUTCOME_DEFERRED,      /* try later, with back-off */
	OUTCOME_FAILED,        /* never again for this message */
	OUTCOME_UNCERTAIN,     /* may have been accepted */
	OUTCOME_NOT_ATTEMPTED, /* still pending; does not count */
	OUTCOME__COUNT
};
const char *outcome_name(enum outcome o); /* "accepted", ... */

enum verdict_account {
	ACCOUNT_KEEP = 0,
	ACCOUNT_SLOW,  /* open and send less for a while */
	ACCOUNT_WAIT,  /* stop until the quota may be over: VERDICT_WAIT_S */
	ACCOUNT_PAUSE, /* stop until a person has mended it */
};
const char *verdict_account_name(enum verdict_account a);

enum verdict_campaign {
	CAMPAIGN_KEEP = 0,
	CAMPAIGN_PAUSE_GROUP, /* nothing to the recipient's group (group.h) */
	CAMPAIGN_PAUSE,
};
const char *verdict_campaign_name(enum verdict_campaign c);

/* Nobody says when a quota ends; a try an hour is harmless. */
#define VERDICT_WAIT_S 3600

struct verdict {
	enum outcome outcome;
	struct diagnosis diagnosis; /* type BOUNCE_NONE when accepted */
	enum verdict_account account;
	enum verdict_campaign campaign;
};

struct verdict verdict_of_result(const struct smtp_result *r);

/* Nothing more is to be sent through the account now. */
bool verdict_stops_account(const struct verdict *v);

/* A login refused with 4xx may be told so once more; then it is paused
 * (S-048). */
#define VERDICT_LOGINS_MAX 2

/* A connection that ended: whether that is the account's fault, which only
 * its owner can mend (S-040, S-042, S-048), or the moment's.  `logins`: how
 * many in a row were refused, this one included.  outcome is that of a
 * message which was waiting for it. */
struct verdict verdict_of_end(const struct smtp_end *end, int logins);

#endif
