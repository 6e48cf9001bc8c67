/*
 * notice.h - a notification that a delivery failed, in words for people
 * what programs send that know no RFC 3464, and what is left of a
 * report that was mangled on its way.
 *
 * Whether it is one: by who sends it, its subject, X-Failed-Recipients, and
 * what it says (notice_sign.h).  Whom it is about: X-Failed-Recipients, else
 * what the text names (notice_list.h), else an address in the subject, else
 * the recipient of the message that came back.  Why: what stands behind an
 * address, up to the next.  A delay is not a failure.
 *
 * Reads the text only up to where the message that came back begins.
 */
#ifndef BOUNCE_NOTICE_H
#define BOUNCE_NOTICE_H

#include "bounce/dsn.h"
#include "bounce/mime_walk.h"

/* False: no such notification, or it names nobody.  `rule`: its format. */
bool notice_read(struct dsn *d, struct inbound_mail *m, const char **rule);

/* What a report leaves out and its text for people says: an address where
 * there is none that could be one, and the reason. */
void notice_name(struct dsn_recipient *r, struct inbound_mail *m);
void notice_explain(struct dsn_recipient *r, struct inbound_mail *m);

/* All that the text says, on one line, as far as anybody reads. */
struct str notice_text(struct inbound_mail *m);

#endif
