/*
 * sink_tokens.h - the OAuth tokens that a sink takes, each for some time after
 * its first use.  For all sessions of a sink, whatever their thread.
 */
#ifndef TESTS_SINK_TOKENS_H
#define TESTS_SINK_TOKENS_H

#include "tests/sink/sink_options.h"

#include <pthread.h>

struct sink_tokens {
	const struct sink_options *options;
	pthread_mutex_t lock;
	struct sink_tally first_uses;
};

void sink_tokens_init(struct sink_tokens *t,
    const struct sink_options *options);
void sink_tokens_release(struct sink_tokens *t);
bool sink_tokens_good(struct sink_tokens *t, struct str token);

#endif
