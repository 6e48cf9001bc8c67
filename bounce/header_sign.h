/*
 * header_sign.h - header fields that tell what a mail is by being there, or
 * by what they say; a table of them is looked for in one pass.
 */
#ifndef BOUNCE_HEADER_SIGN_H
#define BOUNCE_HEADER_SIGN_H

#include "lib/base/str.h"

struct header_sign {
	const char *name;
	/* What its value has to hold, but for the case of ASCII letters; NULL:
	 * anything but nothing, "no" and "false". */
	const char *value;
};

/* The first sign in the order of the header; NULL when there is none. */
const struct header_sign *header_sign_find(struct str header,
    const struct header_sign *signs, size_t n);

#endif
