/*
 * likely_answer.h - does a mail look like the answer to another one?
 *
 * For where it cannot be known, without the deliveries at hand: it names the
 * mail that it answers, its subject begins as that of an answer, or it quotes
 * something.
 */
#ifndef BOUNCE_LIKELY_ANSWER_H
#define BOUNCE_LIKELY_ANSWER_H

#include "bounce/mime_walk.h"

bool likely_answer(const struct inbound_mail *m);

/* The subject, without what answers put before it. */
struct str likely_answer_title(struct str subject);

#endif
