/*
 * segments.h - what else than its own routes needs of a segment.
 */
#ifndef API_SEGMENTS_H
#define API_SEGMENTS_H

#include "api/body.h"

/* What counting may take; then the answer says so. */
#define SEGMENT_TIME_MS "20000"

/* The filter in a body's field as compact JSON, checked, what it names there.
 * `words`: the same in English, or NULL.  STR_NONE: absent or wrong; every
 * complaint is told by its JSON pointer. */
struct str segment_read(struct body *b, const char *field, unsigned flags,
    struct str *words);

/* Runs what asks a filter for people, within its time.  NULL: answered. */
const struct db_result *segment_ask(struct request *q, enum query query,
    struct db_args args);

#endif
