/*
 * text_part.h - the plain text of an HTML message, for who reads no HTML.
 *
 * Blocks become lines, paragraphs and headings stand apart, list items get a
 * dash, links show where they lead: `text (https://...)`.  Comments, styles,
 * scripts, titles and what is hidden by `display:none` are left out.  One
 * pass, any input; lines end with LF.
 */
#ifndef TEMPLATES_TEXT_PART_H
#define TEMPLATES_TEXT_PART_H

#include "lib/base/buf.h"

void text_part(struct buf *out, struct str html);

#endif
