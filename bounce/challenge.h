/*
 * challenge.h - a machine that lets mail through only after its sender has
 * shown to be a person: challenge-response.
 *
 * Its question is no reply and no absence: the mail was not delivered, and
 * will be if somebody answers.  Volley never does.
 */
#ifndef BOUNCE_CHALLENGE_H
#define BOUNCE_CHALLENGE_H

#include "bounce/mime_walk.h"

/* The name of the rule that says so; NULL for any other mail. */
const char *challenge_rule(const struct inbound_mail *m);

#endif
