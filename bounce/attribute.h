/*
 * attribute.h - which of our deliveries a mail speaks of.
 *
 * Evidence, strongest first: the signed token in the address it came to
 * (return path or reply address), or in the subject of a mail to unsubscribe;
 * the token in the Message-ID or another field of the returned part; the
 * token in In-Reply-To, in References, the last of them first, or in a link
 * of ours that the text quotes.  All but the first are seen by more people
 * than the recipient: they make a bounce only together with the delivery's
 * own recipient, and the last ones make no complaint.  An address alone is no
 * evidence.  The signature is checked here, the recipient where the ledger is:
 * in the database.
 *
 * A mail may also be one of ours itself, sent back or passed on as it was:
 * then it is about its delivery, and answers nothing.  The token of a
 * self-test is of no delivery.
 */
#ifndef BOUNCE_ATTRIBUTE_H
#define BOUNCE_ATTRIBUTE_H

#include "bounce/mime_walk.h"
#include "lib/mail/token.h"

enum attribution_method {
	ATTRIBUTION_NONE = 0,
	ATTRIBUTION_TOKEN,      /* in its address or subject */
	ATTRIBUTION_MESSAGE_ID, /* in what a report gives back */
	ATTRIBUTION_THREAD,     /* in what it says it answers */
};
/* As in the schema; NULL for none. */
const char *attribution_name(enum attribution_method m);

/* A token that is older does not change anything any more (S-101). */
#define ATTRIBUTION_DAYS_MAX 30

struct attribution {
	enum attribution_method method;
	int64_t delivery; /* 0: none */
	bool late;        /* too old to count on day `today` */
	/* It is ours itself, or of a self-test: the rule; NULL: neither. */
	const char *own;
};

void attribute(struct attribution *a, const struct inbound_mail *m,
    const struct keyring *ring, int today);

/* From the header block alone: may this message be one of ours, so that its
 * body is worth fetching?  Reports and notifications, whatever carries a
 * token, and what has no header at all. */
bool attribute_may_be_ours(struct str header, const struct keyring *ring);

#endif
