/*
 * consent.h - the log of who agreed to what, and how that is known.
 *
 * The database writes it, by triggers of what changes who may be written to
 * (db/migrations/0017_consent.sql).  What the rows do not show is said
 * before the change, for the transaction.
 */
#ifndef API_CONSENT_H
#define API_CONSENT_H

#include "api/request.h"

#define CONSENT_BASIS_MAX 500 /* bytes */

struct consent {
	const char *source; /* "api", "form", "link", ... */
	const char *method; /* NULL: as the change shows */
	struct str basis;   /* as whoever declares it puts it */
	struct str text;    /* what was shown; its hash is kept */
};

/* Beside it, who asks: the key, or without one the network.  false: answered. */
bool consent_say(struct request *q, const struct consent *c) MUST_USE;

#endif
