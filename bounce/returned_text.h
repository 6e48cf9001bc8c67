/*
 * returned_text.h - where, in a text for people, the message begins that a
 * notification gives back without any structure.
 *
 * It begins at a line that says so ("--- Below this line is a copy of the
 * message.", "Original message follows."), or at the trace fields of a
 * header.  Linear in the length of the text.
 */
#ifndef BOUNCE_RETURNED_TEXT_H
#define BOUNCE_RETURNED_TEXT_H

#include "lib/base/str.h"

struct returned_text {
	size_t own;      /* bytes of what the notification itself says */
	size_t returned; /* bytes at the end: from the first header field on */
};

/* `low`: the text in lower case. */
void returned_text_split(struct returned_text *r, struct str low);

#endif
