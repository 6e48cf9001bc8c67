/*
 * sink_options.h - what a sink does: a table of options for its command line,
 * filled directly by tests that run it inside their own process.
 */
#ifndef TESTS_SINK_OPTIONS_H
#define TESTS_SINK_OPTIONS_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#include <stdatomic.h>

#define SINK_RULES_MAX 32
#define SINK_REPLY_MAX 256

/* Where a fault can be. */
enum sink_step {
	SINK_CONNECT = 0,
	SINK_EHLO,
	SINK_STARTTLS,
	SINK_AUTH,
	SINK_MAIL,
	SINK_RCPT,
	SINK_DATA,
	SINK_DOT,
	SINK_RSET,
	SINK_QUIT,
	SINK_STEP__COUNT
};
const char *sink_step_name(enum sink_step s);

/* The reply to every `every`-th time that a step is come to, over all
 * connections; RCPT also by what the address begins with.  Three replies are
 * no text: "drop" closes instead, "reset" does so with a TCP reset, and
 * "lose" (at the dot) takes the message, logs it and closes. */
struct sink_rule {
	enum sink_step step;
	long every;
	const char *prefix; /* NULL: any address */
	const char *reply;
	atomic_long seen;
};

enum sink_tls { SINK_TLS_NONE = 0, SINK_TLS_STARTTLS, SINK_TLS_IMPLICIT };

struct sink_options {
	const char *host;
	int port; /* 0: a free one */
	int threads;
	const char *log;  /* NULL: none */
	const char *dump; /* folder; NULL: none */
	int dump_max;
	enum sink_tls tls;
	const char *cert, *key;
	const char *user, *password; /* NULL: any */
	bool require_auth;
	bool offer_pipelining, offer_8bitmime, offer_size, offer_smtputf8,
	    offer_enhanced, offer_auth;
	uint64_t size_max;
	int drop_after;       /* messages on one connection; 0: never */
	long auth_fail_after; /* messages in all; -1: never */
	int delay_min_ms, delay_max_ms; /* of the reply to the dot */
	struct sink_rule rules[SINK_RULES_MAX];
	int rule_count;
};

void sink_options_init(struct sink_options *o);
/* "step[@every]=reply" */
bool sink_options_rule(struct sink_options *o, const char *text,
    struct err *err) MUST_USE;
/* argv[1..]; texts are borrowed.  `help` is set when it was asked for. */
bool sink_options_parse(struct sink_options *o, int argc, char **argv,
    bool *help, struct err *err) MUST_USE;
void sink_options_help(FILE *out);

/* The reply of the first rule that is due at this step, or NULL.  `address`
 * is RCPT's, else empty.  Every rule of the step counts. */
const char *sink_options_fault(struct sink_options *o, enum sink_step step,
    struct str address);

#endif
