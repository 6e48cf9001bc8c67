/*
 * user_secret.h - a new password, typed at the terminal (twice, not shown) or
 * read from standard input: never an argument, which others on the host see.
 */
#ifndef API_USER_SECRET_H
#define API_USER_SECRET_H

#include "lib/base/password.h"

/* Asks, and gives its hash. */
bool user_secret_hash(char out[PASSWORD_HASH_MAX], struct err *err) MUST_USE;

#endif
