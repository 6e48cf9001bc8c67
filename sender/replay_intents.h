/*
 * replay_intents.h - intents of a journal whose outcome has not been read
 * yet: by delivery, in a hash table that grows.
 */
#ifndef SENDER_REPLAY_INTENTS_H
#define SENDER_REPLAY_INTENTS_H

#include "lib/base/base.h"

struct replay_intent {
	int64_t delivery; /* 0: nothing is here */
	int64_t first_at_us;
	int attempt;
};

struct replay_intents {
	struct replay_intent *at;
	size_t count, cap; /* cap is a power of two */
};

/* {0} is an empty one. */
void replay_intents_release(struct replay_intents *s);
/* Replaces one of the same delivery. */
void replay_intents_put(struct replay_intents *s,
    const struct replay_intent *intent);
void replay_intents_drop(struct replay_intents *s, int64_t delivery);
/* Takes any one out; false: there is none. */
bool replay_intents_take(struct replay_intents *s, struct replay_intent *out);

#endif
