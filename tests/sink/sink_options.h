/*
 * sink_options.h - what a sink does: a table of options for its command line,
 * filled directly by tests that run it inside their own process.
 */
#ifndef TESTS_SINK_OPTIONS_H
#define TESTS_SINK_OPTIONS_H

#include "tests/sink/sink_rules.h"

#define SINK_TOKENS_MAX 16

enum sink_tls { SINK_TLS_NONE = 0, SINK_TLS_STARTTLS, SINK_TLS_IMPLICIT };

struct sink_options {
	const char *host;
	int port; /* 0: a free one */
	int threads;
	int receive_buffer; /* of sockets; 0: the system's */
	const char *log;    /* NULL: none */
	unsigned events;    /* that go to the log: 1 << enum sink_event */
	bool sync;
	const char *dump; /* folder; NULL: none */
	int dump_max;
	enum sink_tls tls;
	const char *cert, *key;
	const char *user, *password; /* NULL: any */
	const char *tokens[SINK_TOKENS_MAX];
	int token_count;  /* 0: any is good */
	int token_life_s; /* after its first use; 0: for good */
	const char *mechanisms;
	bool require_auth;
	bool offer_pipelining, offer_8bitmime, offer_size, offer_smtputf8,
	    offer_enhanced, offer_auth, offer_dsn;
	uint64_t size_max;
	int drop_after;       /* messages on one connection; 0: never */
	long auth_fail_after; /* messages in all; -1: never */
	int delay_min_ms, delay_max_ms; /* of the reply to the dot */
	const char *rules[SINK_RULES_MAX];
	int rule_count;
	const char *rule_file; /* NULL: none */
	uint64_t seed;         /* of all that is random */
};

void sink_options_init(struct sink_options *o);
/* A line of the fault script (sink_rule.h); borrowed. */
bool sink_options_rule(struct sink_options *o, const char *text,
    struct err *err) MUST_USE;
/* argv[1..]; texts are borrowed.  `help` is set when it was asked for. */
bool sink_options_parse(struct sink_options *o, int argc, char **argv,
    bool *help, struct err *err) MUST_USE;
void sink_options_help(FILE *out);

#endif
