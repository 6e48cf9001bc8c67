/*
 * trace.h - what a mail without a token of ours tells of the one that it is
 * about: who got that, what servers called it, its subject.
 *
 * Relays that put a Message-ID of their own in the place of ours make it of
 * the id under which they queue the message.  That id stands in their reply
 * to it, which the ledger keeps; so the database can look up what is here
 * (find_delivery).  Of a mail that is no report only the header is read, and
 * only where it looks like an answer.
 */
#ifndef BOUNCE_TRACE_H
#define BOUNCE_TRACE_H

#include "bounce/classify.h"

#define TRACE_IDS_MAX 20 /* of a mail */
#define TRACE_ID_MIN  8  /* bytes; shorter ones are used again too soon */
#define TRACE_ID_MAX  100

struct trace {
	struct str ids;    /* blanks between them; p == NULL: none */
	struct str title;  /* the subject, without what answers put before it */
	struct str person; /* address of who answers; not of reports */
};

/* Strings lie in the mail's arena, or in the mail. */
void trace_read(struct trace *t, const struct classification *c,
    struct inbound_mail *m);

#endif
