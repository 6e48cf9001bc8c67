/*
 * auto_reply.h - did a machine write this?
 *
 * Headers first (RFC 3834, 2 and 5), the subject in many languages last.
 * `Auto-Submitted: no` is a person, whatever the subject says.
 */
#ifndef BOUNCE_AUTO_REPLY_H
#define BOUNCE_AUTO_REPLY_H

#include "bounce/mime_walk.h"

/* The name of the rule that says so; NULL for a person. */
const char *auto_reply_rule(struct inbound_mail *m);

#endif
