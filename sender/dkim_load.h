/*
 * dkim_load.h - DKIM keys between the database and a signer.
 */
#ifndef SENDER_DKIM_LOAD_H
#define SENDER_DKIM_LOAD_H

#include "db/args.h"
#include "lib/base/keyring.h"
#include "sender/dkim.h"

/* What a key is sealed under: "dkim_key:SELECTOR:DOMAIN". */
#define DKIM_IDENTITY_MAX 400
void dkim_identity(char out[DKIM_IDENTITY_MAX], struct str domain,
    struct str selector);

/* Rows of dkim_of_campaign.  No rows: a signer without keys. */
bool dkim_load(struct dkim_signer **out, const struct db_result *r,
    const struct keyring *ring, struct err *err) MUST_USE;

#endif
