/*
 * password_gate.h - passwords in requests, a few at a time.
 *
 * Each takes 19 MiB (lib/base/password.h), and whoever likes may log in: at
 * most GATE_INSIDE are worked on, GATE_WAITING wait, all others are answered
 * with 503.  No database connection is held meanwhile.  Thread-safe.
 */
#ifndef API_PASSWORD_GATE_H
#define API_PASSWORD_GATE_H

#include "api/body.h"
#include "lib/base/password.h"

#define GATE_INSIDE  2
#define GATE_WAITING 3

struct password_gate *password_gate_new(void);
void password_gate_free(struct password_gate *gate);

/* A new password: PASSWORD_MIN to PASSWORD_MAX bytes. */
struct str password_read(struct body *b, const char *field, unsigned flags);

/* Ends the transaction, and hashes.  STR_NONE: answered. */
struct str password_make(struct request *q, struct str password);

/* Ends the transaction, and compares.  hash == STR_NONE: nobody has that
 * password, after the same time.  false: answered with 503, or *fits says. */
bool password_compare(struct request *q, struct str hash, struct str password,
    bool *fits) MUST_USE;

#endif
