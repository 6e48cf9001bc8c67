/*
 * html_text.h - the words of an HTML part, for reading by rules: marks,
 * comments, scripts and styles out, entities resolved, blanks and line ends
 * as a reader would see them, roughly; lines of a <blockquote> begin with
 * "> " as in plain text.  One pass, no tree, any bytes.
 */
#ifndef BOUNCE_HTML_TEXT_H
#define BOUNCE_HTML_TEXT_H

#include "lib/base/buf.h"

/* `html` is UTF-8; appends until `out` is full. */
void html_text(struct buf *out, struct str html);

#endif
