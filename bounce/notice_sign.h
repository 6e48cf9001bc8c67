/*
 * notice_sign.h - signs that a mail is a notification about a delivery: who
 * sends it, by name; its subject; what its text says.  In many languages.
 */
#ifndef BOUNCE_NOTICE_SIGN_H
#define BOUNCE_NOTICE_SIGN_H

#include "bounce/mime_walk.h"

struct notice_sign {
	bool delayed; /* the message is still being tried */
};

/* False: none of a notification. */
bool notice_sign(struct notice_sign *s, const struct inbound_mail *m);

/* By one field of a header alone, as it stands there: From, Subject or
 * X-Failed-Recipients. */
bool notice_sign_field(struct str name, struct str value);

#endif
