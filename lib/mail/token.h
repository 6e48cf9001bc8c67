/*
 * token.h - the signed name of one delivery (S-100, S-101).
 *
 * base32-lower(key id 1 ‖ delivery id 8 ‖ day 2 ‖ HMAC-SHA-256 cut to 10)
 * = 21 bytes = 34 characters of [a-z2-7]: survives case folding and mangled
 * address separators.  It stands in the return path (VERP), the Message-ID,
 * reply addresses and every link of a mail, so that nothing has to be looked
 * up to say which delivery something belongs to.  All attempts of a
 * delivery carry the same token: `day` is the day its campaign was frozen.
 */
#ifndef MAIL_TOKEN_H
#define MAIL_TOKEN_H

#include "lib/base/keyring.h"
#include "lib/base/str.h"

#define TOKEN_LEN 34

struct token {
	int64_t delivery;
	int day; /* days since 1970-01-01 */
};

/* Writes TOKEN_LEN characters and a NUL. */
void token_make(char out[TOKEN_LEN + 1], const struct keyring *ring,
    const struct token *t);
/* Constant time in the MAC; false for anything that we did not make. */
bool token_open(struct token *t, const struct keyring *ring, struct str text);
/* A click id: the same for the servers that links lead to.  It tells which
 * delivery was clicked, and opens no link of ours; `day` is that of the
 * click. */
void token_make_click(char out[TOKEN_LEN + 1], const struct keyring *ring,
    const struct token *t);
bool token_open_click(struct token *t, const struct keyring *ring,
    struct str text);
/* The first valid token inside text (an address, a Message-ID, a URL). */
bool token_find(struct token *t, const struct keyring *ring, struct str text);

#endif
