/*
 * erase.h - erasing a person (GDPR art. 17).
 *
 * What is left is a number in the ledger, the counts, and the wish not to be
 * mailed, under a keyed hash of the address: whoever has the database without
 * the key file learns nothing from it.
 */
#ifndef DB_ERASE_H
#define DB_ERASE_H

#include "db/db.h"
#include "lib/base/buf.h"
#include "lib/base/digest.h"

/* The two halves of the key, as arguments of erased_key (0017_consent.sql).
 * NULL: nobody is known as erased. */
struct db_arg erase_inner(const struct hmac_halves *key);
struct db_arg erase_outer(const struct hmac_halves *key);

/* Puts what erased_key gives in the place of what `out` had. */
#define ERASE_WHO_MAX    1024 /* bytes of an address's key */
#define ERASE_KEY_PREFIX "hmac:"
#define ERASE_KEY_SIZE   80 /* with a NUL */
void erase_key(struct buf *out, const struct hmac_halves *key, struct str who);

/* Within the caller's transaction.  `who`: the address's key.  *found: there
 * was such a contact. */
bool erase_person(struct db *db, const struct hmac_halves *key, struct str who,
    bool *found, struct err *err) MUST_USE;

#endif
