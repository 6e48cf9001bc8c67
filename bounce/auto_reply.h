/*
 * auto_reply.h - did a machine write this?
 *
 * Header fields first (RFC 3834, 2 and 5), then the subject, then the text,
 * both in many languages.  `Auto-Submitted: no` is a person, whatever the
 * rest says; X-Auto-Response-Suppress says nothing, people's mail programs
 * send it too; and a text that quotes what it answers is a person's.
 */
#ifndef BOUNCE_AUTO_REPLY_H
#define BOUNCE_AUTO_REPLY_H

#include "bounce/mime_walk.h"

/* The name of the rule that says so; NULL for a person.  "left-the-company"
 * is a machine that says that nobody reads this address any more. */
const char *auto_reply_rule(const struct inbound_mail *m);

#endif
