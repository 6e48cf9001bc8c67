/*
 * sink_rules.h - the fault script of a sink: rules in their order, from
 * options and from a file that is read again when it was told to (SIGHUP), so
 * that a storm can clear.
 *
 * All threads of a sink share them.  What a connection was given stays valid
 * after the rules were read again, until the script is freed; counts begin
 * anew with the reading.
 */
#ifndef TESTS_SINK_RULES_H
#define TESTS_SINK_RULES_H

#include "tests/sink/sink_rule.h"

#define SINK_RULES_MAX 64

/* What holds at one step; NULL and 0: nothing. */
struct sink_fault {
	const struct sink_rule *rule; /* instead of what would be done */
	const struct sink_rule *pace; /* slow, slow-read */
	int64_t delay_ms;
};

/* Where a connection ends, in one direction. */
struct sink_cut {
	struct sink_rule *rule; /* NULL: nowhere */
	int64_t at;
};

struct sink_rules;

/* `file` may be NULL; texts are borrowed for as long as the rules are. */
struct sink_rules *sink_rules_new(const char *const *texts, int count,
    const char *file, uint64_t seed, struct err *err) MUST_USE;
void sink_rules_free(struct sink_rules *rules);

/* Reads the file again.  After a failure the rules are what they were. */
bool sink_rules_reload(struct sink_rules *rules, struct err *err) MUST_USE;

/* Grows by one with every reading. */
int sink_rules_generation(const struct sink_rules *rules);
/* False, and cheap, when no rule is about this step. */
bool sink_rules_concern(const struct sink_rules *rules, enum sink_step step);
/* Counts the moment with every rule of its step, and says what holds.  age_ms
 * of the moment is filled in. */
bool sink_rules_at(struct sink_rules *rules, struct sink_moment *m,
    struct sink_fault *fault);
/* The first cut that holds for the step (in, out, body) of a moment. */
void sink_rules_cut(struct sink_rules *rules, struct sink_moment *m,
    struct sink_cut *cut);
/* A cut that was not come to. */
void sink_rules_uncut(struct sink_rules *rules, struct sink_cut *cut);

/* Random octets, from the seed. */
void sink_rules_random(struct sink_rules *rules, char *p, size_t n);

#endif
