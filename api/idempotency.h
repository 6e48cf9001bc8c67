/*
 * idempotency.h - a write that is sent twice happens once (Idempotency-Key).
 *
 * The answer is stored in the transaction of the write, so that both are
 * there or neither.  Only answers below 300 are kept, for a day: an error
 * changed nothing, and asking again asks anew.  A key belongs to its API
 * key.  Same key, other request: 422; the first still under way: 409.
 * A handler that commits before its last word keeps what it has promised
 * first: whoever asks meanwhile gets that, and nothing runs twice.
 * Uploads and public routes take no part.
 */
#ifndef API_IDEMPOTENCY_H
#define API_IDEMPOTENCY_H

#include "api/request.h"

#define IDEMPOTENCY_KEY_MAX 255

/* false: answered, replayed or refused. */
bool idempotency_begin(struct request *q) MUST_USE;
/* The answer as it stands; a later one takes its place. */
void idempotency_keep(struct request *q);

#endif
