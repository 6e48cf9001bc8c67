/*
 * status.h - enhanced mail system status codes (RFC 3463; RFC 5248).
 */
#ifndef MAIL_STATUS_H
#define MAIL_STATUS_H

#include "lib/base/str.h"

struct status {
	int class, subject, detail; /* 2|4|5, 0..999, 0..999; class 0 = none */
};

/* "5.1.1" at the very start of text, followed by a blank, ')', ':', or the
 * end; gives how many bytes it took, or 0. */
size_t status_parse(struct status *s, struct str text);
/* The first one anywhere in text that stands as a word of its own. */
bool status_find(struct status *s, struct str text);
bool status_is(struct status s, int class, int subject, int detail);

#define STATUS_TEXT_MAX 16
const char *status_text(struct status s,
    char out[STATUS_TEXT_MAX]); /* "" for none */

#endif
