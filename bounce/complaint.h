/*
 * complaint.h - a report from a feedback loop: somebody called a mail of ours
 * spam, or asks to have no more.
 *
 * Formats: ARF (RFC 5965; RFC 6591 and 6692 for failed authentication), ARF
 * whose report came as text or without its boundaries, and those that were
 * before it: Microsoft's (the mail attached, X-HmXmrOriginalRecipient in it),
 * AOL's, Yahoo's, Amazon's, SpamCop's, and Apple's wish to be unsubscribed.
 *
 * Says what the report says; whether it is believed is decided by the
 * delivery that it can be tied to.
 */
#ifndef BOUNCE_COMPLAINT_H
#define BOUNCE_COMPLAINT_H

#include "bounce/dsn.h"
#include "bounce/mime_walk.h"

#define COMPLAINT_RECIPIENTS_MAX 50
#define COMPLAINT_WORD_MAX       100 /* of a type */

enum complaint_kind {
	COMPLAINT_HEARD = 0,      /* abuse, fraud, virus, other, opt-out */
	COMPLAINT_REVOKED,        /* not-spam */
	COMPLAINT_AUTHENTICATION, /* auth-failure: nobody complains */
	COMPLAINT_WISH            /* a mail program unsubscribes for somebody */
};

struct complaint {
	enum complaint_kind kind;
	const char *rule;
	struct str type; /* in small letters: "abuse" */
	/* Only `final` of each is told: may be redacted, may be none. */
	struct dsn_recipient *recipients;
	int count;
};

/* False: no such report.  Strings lie in the mail's arena. */
bool complaint_read(struct complaint *c, struct inbound_mail *m);

/* The fields of a report in a text, its paragraph; STR_NONE: none.  They need
 * to say more than a Feedback-Type: people quote that. */
struct str complaint_fields(struct str text);

/* From the header alone: may it be one? */
bool complaint_may_be(struct str header);

#endif
