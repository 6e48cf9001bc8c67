/*
 * mail_trace.h - what the header of a message that arrived tells of its way:
 * signatures (RFC 6376, 3.5), the verdicts of the host that took it in (RFC
 * 8601), how each hop got it (RFC 3848).
 *
 * As it is told: nothing is verified.  Texts belong to the arena.
 */
#ifndef BOUNCE_MAIL_TRACE_H
#define BOUNCE_MAIL_TRACE_H

#include "lib/base/arena.h"

#define MAIL_TRACE_SIGNATURES_MAX 8
#define MAIL_TRACE_WORD_MAX       255

struct mail_signature {
	struct str domain, selector;
	bool covers; /* From and both List-Unsubscribe fields */
};

struct mail_trace {
	struct mail_signature signatures[MAIL_TRACE_SIGNATURES_MAX];
	int signature_count;
	struct str dkim, spf, dmarc; /* "pass"; STR_NONE: not told */
	struct str host;             /* that tells these; empty: nobody */
	int hops, hops_tls;          /* that tell how they got it */
};

void mail_trace_read(struct mail_trace *t, struct str header, struct arena *a);
/* Without SP and TAB: as fields compare that were folded anew. */
struct str mail_trace_squeeze(struct str s, struct arena *a);

#endif
