/*
 * text_part.h - the plain text of an HTML message, for who reads no HTML.
 *
 * Blocks become lines, paragraphs and headings stand apart, list items get a
 * dash or their number, cells of a row stand beside each other, images show
 * their alt, links where they lead: `text (https://...)`.  Comments, styles,
 * scripts, titles, what only Outlook sees and what is hidden by
 * `display:none` are left out.  One pass, any input; lines end with LF.
 *
 * text_part reads a template's source and gives one: Liquid marks are kept,
 * also those in an href or alt, so that it is compiled (LIQUID_DERIVED) once
 * and not made anew for each recipient.  See text_flow.h for the breaks
 * around marks.
 */
#ifndef TEMPLATES_TEXT_PART_H
#define TEMPLATES_TEXT_PART_H

#include "lib/base/buf.h"

/* The HTML of a snippet, to know what its text has to stand apart from. */
typedef bool text_snippet_fn(struct str name, struct str *html, void *arg);

/* Of a source. */
void text_part(struct buf *out, struct str html);
void text_part_with(struct buf *out, struct str html, text_snippet_fn *snippet,
    void *arg);
/* Of finished HTML: braces are text. */
void text_of_html(struct buf *out, struct str html);

#endif
