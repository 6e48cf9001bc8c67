/*
 * sink_rule.h - one line of a fault script: where, when, what.
 *
 *   rule      = place ["@" N] *(blank condition) "=" action
 *
 *   place     connect    accepted, before a byte is exchanged
 *             greeting   the greeting is due
 *             ehlo helo starttls auth mail rcpt data rset noop quit
 *                        the command was read
 *             tls        the handshake is due
 *             login      the credentials were read: the end of AUTH
 *             body       at:N octets of a message's text were read (1)
 *             dot        the end of a message was read
 *             in out     at:N octets were read or written (TLS's not counted)
 *   condition every:N    the N-th, 2N-th ... time; "@N" is short for it
 *             nth:N      the N-th time alone
 *             first:N    the first N times
 *             from:N     the N-th time and from then on
 *             chance:P   with this probability, 0..1
 *             to:WHOM    a recipient: "a@b.test", "@b.test" (the domain),
 *                        "a*" (what it begins with); at rcpt, data, body, dot
 *             conn:N[-M] connections by their number, from 1
 *             since:S until:S  seconds since the rules were read
 *             open:N     more than N connections are open
 *             quota:N/S  N pass, then it holds for S seconds, and anew
 *             grey:S     the first time for a sender and recipient, and for
 *                        S seconds after it
 *             per:WHAT   counts and quotas are kept for each conn, user or to
 *             at:N       in, out and body: where
 *             sweep:A-B  in and out: every offset from A to B is the place
 *                        on one connection; those that a connection did not
 *                        come to are tried on a later one
 *   action    NNN text   the reply; "\n" begins a further line of it; 421
 *                        closes
 *             close NNN text  the same, and closes
 *             say TEXT   any text as the reply
 *             drop       closes without a word (FIN)
 *             reset      closes with RST
 *             stall [S]  silence for good; with S it is a delay in seconds
 *             delay A[-B]     the reply waits so many ms; nothing is read
 *             slow N/MS  replies leave N octets each MS ms from now on
 *             slow-read N/MS  N octets are read each MS ms from now on
 *             garbage [N]     N random octets instead of the reply (64)
 *             corrupt [N]     the same below TLS
 *             lose [drop|reset|stall]  dot: the message is taken and logged,
 *                        then this instead of the reply (drop)
 *
 * How often a place was come to is counted for those times that to, conn,
 * since, until and open allow.  Every rule counts; of those that hold, the
 * first delay or slow decides about time, the first other one about the rest.
 */
#ifndef TESTS_SINK_RULE_H
#define TESTS_SINK_RULE_H

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "tests/sink/sink_tally.h"

#define SINK_RULE_TEXT_MAX ((size_t)1024)
#define SINK_NEVER         INT64_MAX /* ms: for good */

enum sink_step {
	SINK_CONNECT = 0,
	SINK_GREETING,
	SINK_EHLO,
	SINK_HELO,
	SINK_STARTTLS,
	SINK_TLS,
	SINK_AUTH,
	SINK_LOGIN,
	SINK_MAIL,
	SINK_RCPT,
	SINK_DATA,
	SINK_BODY,
	SINK_DOT,
	SINK_RSET,
	SINK_NOOP,
	SINK_QUIT,
	SINK_IN,
	SINK_OUT,
	SINK_STEP__COUNT
};
const char *sink_step_name(enum sink_step s);

enum sink_act {
	SINK_REPLY = 0,
	SINK_CLOSE, /* after the reply */
	SINK_DROP,
	SINK_RESET,
	SINK_STALL,
	SINK_GARBAGE,
	SINK_CORRUPT,
	SINK_LOSE,
	SINK_DELAY, /* from here on: about time only */
	SINK_SLOW,
	SINK_SLOW_READ,
	SINK_ACT__COUNT
};
const char *sink_act_name(enum sink_act a);

enum sink_per { SINK_PER_ALL = 0, SINK_PER_CONN, SINK_PER_USER, SINK_PER_TO };

struct sink_rule {
	enum sink_step step;
	enum sink_act act, lose; /* lose: what comes after SINK_LOSE */
	char *text;              /* the reply with its CRLFs; owned */
	long bytes;              /* garbage, corrupt, slow */
	int64_t ms_min, ms_max;  /* delay; of slow the time between */

	long every, first, from, nth; /* 0: not asked */
	double chance;                /* 1: always */
	char *to;                     /* NULL: anyone; owned */
	long conn_min, conn_max;
	int64_t since_ms, until_ms;
	long open; /* -1: not asked */
	enum sink_per per;
	long quota;                /* -1: none */
	int64_t quota_ms, grey_ms; /* grey -1: not asked */
	int64_t at;
	int64_t sweep_next, sweep_last; /* last 0: no sweep */

	struct sink_count all; /* how often come to */
	struct sink_tally tally;
	int64_t *again; /* offsets of the sweep to be tried again */
	size_t again_count, again_room;
};

/* What a rule can ask about. */
struct sink_moment {
	enum sink_step step;
	struct str from, to, user; /* to: recipients with commas between */
	long connection, open;
	int64_t now_ms, age_ms; /* of the rules */
};

bool sink_rule_parse(struct sink_rule *r, struct str text,
    struct err *err) MUST_USE;
/* The language, with examples. */
void sink_rule_help(FILE *out);
void sink_rule_release(struct sink_rule *r);

/* Counts this time and says whether it is one.  `chance` is 0..1, drawn by
 * the caller. */
bool sink_rule_holds(struct sink_rule *r, const struct sink_moment *m,
    double chance);

/* The offset at which a connection is to be cut, and what to do with one that
 * it did not come to. */
int64_t sink_rule_offset(struct sink_rule *r);
void sink_rule_give_back(struct sink_rule *r, int64_t offset);

#endif
