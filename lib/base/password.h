/*
 * password.h - passwords of people, as Argon2id hashes (RFC 9106).
 *
 * A hash is text that carries its salt and parameters, so that parameters
 * may change: what was hashed by others is told by password_is_stale, and
 * hashed anew when its owner shows the password next.  Each call takes
 * PASSWORD_MEMORY bytes and some 50 ms: callers bound how many run at once.
 * Thread-safe.
 */
#ifndef BASE_PASSWORD_H
#define BASE_PASSWORD_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#define PASSWORD_HASH_MAX 128 /* with its NUL */
#define PASSWORD_MEMORY   (19U << 20)
#define PASSWORD_PASSES   2
#define PASSWORD_MIN      12 /* bytes */
#define PASSWORD_MAX      200

/* FAIL_LIMIT: there is no memory for it now. */
bool password_hash(char out[PASSWORD_HASH_MAX], struct str password,
    struct err *err) MUST_USE;
bool password_fits(const char *hash, struct str password) MUST_USE;
bool password_is_stale(const char *hash);

#endif
