/*
 * finding.h - what one message of a mailbox turned out to be, as the
 * database keeps it: a row of table inbound and what follows from it.
 *
 * Text is UTF-8 without NUL, and short; p == NULL stands for NULL.  All of it
 * lies in the arena that was given, apart from static names.
 */
#ifndef BOUNCE_FINDING_H
#define BOUNCE_FINDING_H

#include "bounce/auth_results.h"
#include "bounce/classify.h"
#include "lib/base/keyring.h"

#define FINDING_TEXT_MAX  2000 /* of a diagnostic, of a reply's text */
#define FINDING_FIELD_MAX 500  /* of a subject, a sender, a Message-ID */

/* A message as it was fetched. */
struct finding_source {
	int64_t mailbox;
	uint32_t uidvalidity, uid;
	uint64_t size;       /* of the whole; 0 when not told */
	int64_t internal_us; /* when it came; 0 when not told */
	bool wanted;         /* its body was asked for */
	struct str header;   /* p == NULL: it could not be fetched */
	struct str body;     /* header and all; p == NULL: there is none */
	const struct auth_trust *trust; /* NULL: no report is trusted */
};

struct finding {
	struct str fingerprint;
	const char *class, *rule;
	const char *attribution; /* NULL: none */
	int64_t delivery;        /* 0: none */
	bool late;               /* too old to change anything */
	int64_t received_us;     /* INT64_MIN: not told */
	struct str sender, subject, message_id;
	struct str final_key, original_key;
	const char *type, *category, *scope; /* of a bounce, else NULL */
	struct str status, diagnostic, text;
	struct str feedback_type; /* of a feedback report */
	bool trusted; /* it is signed by who runs the feedback loop */
	/* Where no token says whose it is (trace.h): */
	struct str trace_ids, trace_title, trace_person;
	struct str raw; /* sealed */
};

/* Classifies and attributes a message.  One that cannot be read, or that
 * promises a report and has none, is `unparsed`; nothing fails. */
void finding_make(struct finding *f, const struct finding_source *s,
    const struct keyring *ring, int64_t now_us, struct arena *a);

#endif
