/*
 * quoted_header.h - where a mail program put the mail that is answered or
 * forwarded, without marking its lines: a divider ("-----Original
 * Message-----", "Begin forwarded message:", a line of underscores), the
 * fields of its header in the language of the program, or both.
 */
#ifndef BOUNCE_QUOTED_HEADER_H
#define BOUNCE_QUOTED_HEADER_H

#include "lib/base/str.h"

#define QUOTED_HEADER_LINES 16

/* How many bytes of `rest` are a divider, a header, or one and the other; 0:
 * none.  What follows is the text of that mail. */
size_t quoted_header(struct str rest);

#endif
