/*
 * notice.h - a notification that a delivery failed, in words for people
 * what programs send that know no RFC 3464, and what is left of a
 * report that was mangled on its way.
 *
 * Whether it is one: by who sends it, its subject, X-Failed-Recipients, and
 * what it says.  Whom it is about: X-Failed-Recipients, else addresses that
 * are listed or labelled, else those in replies and sentences, else one in
 * the subject, else the recipient of the message that came back.  Why: what
 * stands behind an address, up to the next.  A delay is not a failure.
 *
 * Reads the text only up to where the message that came back begins.
 */
#ifndef BOUNCE_NOTICE_H
#define BOUNCE_NOTICE_H

#include "bounce/dsn.h"
#include "bounce/mime_walk.h"

/* False: no such notification, or it names nobody.  `rule`: its format. */
bool notice_read(struct dsn *d, struct inbound_mail *m, const char **rule);

/* What the text says of an address, for reports that say it nowhere else:
 * STR_NONE when it does not name it. */
struct str notice_reason(struct inbound_mail *m, struct str address);

#endif
