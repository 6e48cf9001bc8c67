/*
 * classify.h - what kind of mail came back (2C of the requirements).
 *
 * Order: delivery report -> complaint -> notification in words -> read
 * receipt -> report that cannot be read -> unsubscribe -> challenge ->
 * automatic reply -> reply of a person -> other.  Automatic replies come
 * after the reports because reports are marked as automatic too, and so is
 * what a mail program sends to unsubscribe.  A reply, and a wish to be
 * unsubscribed, is what answers one of our deliveries; mail that has nothing
 * to do with us is `other`.
 *
 * Pure: no clock, no database.  What decided is named in `rule`, so that a
 * person can see why.
 */
#ifndef BOUNCE_CLASSIFY_H
#define BOUNCE_CLASSIFY_H

#include "bounce/complaint.h"
#include "bounce/dsn.h"
#include "bounce/mime_walk.h"
#include "lib/mail/diagnosis.h"

enum inbound_class {
	INBOUND_BOUNCE = 0,  /* a recipient failed for good */
	INBOUND_DELAY,       /* still being tried: no bounce */
	INBOUND_DSN_SUCCESS, /* delivered, relayed or expanded */
	INBOUND_COMPLAINT,   /* feedback loop */
	INBOUND_MDN,         /* read receipt */
	INBOUND_UNSUBSCRIBE, /* the wish for no more mail, alone */
	INBOUND_CHALLENGE,   /* a machine asks whether a person sent it */
	INBOUND_AUTO_REPLY,  /* a machine answered */
	INBOUND_REPLY,       /* a person answered */
	INBOUND_OTHER,       /* none of ours */
	INBOUND_UNPARSED,    /* could not be read: for a person to look at */
	INBOUND__COUNT
};
const char *inbound_class_name(enum inbound_class c); /* as in the schema */

/* What became of one of the recipients that a report names. */
struct inbound_recipient {
	struct dsn_recipient *said;
	enum dsn_action action;     /* guessed where the report is silent */
	struct diagnosis diagnosis; /* DSN_FAILED only */
};

/* Strings lie in the arena of the mail, or are static. */
struct classification {
	enum inbound_class class;
	const char *rule;
	/* Of a complaint, and of what takes one back: */
	struct str feedback_type;
	enum complaint_kind complaint;
	/* Of a report, each address once; count 0 otherwise. */
	struct inbound_recipient *recipients;
	int count;
	/* The one that decided, NULL when there is none. */
	const struct inbound_recipient *recipient;
};

/* `answers_us`: the mail was attributed to one of our deliveries. */
void classify(struct classification *c, struct inbound_mail *m,
    bool answers_us);

#endif
