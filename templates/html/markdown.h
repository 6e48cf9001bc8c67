/*
 * markdown.h - Markdown bodies to HTML, by md4c.
 *
 * CommonMark with tables, strikethrough and bare links.  Raw HTML is let
 * through: it is the author's own.
 *
 * Liquid marks are protected before and restored after, byte for byte.  In
 * running text a mark counts as a word.  A line of nothing but tags, as
 * {% if x %} or {% endfor %}, is a block of its own: it ends the paragraph or
 * list before it, is not wrapped in <p>, and may enclose paragraphs, lists or
 * rows of a table.  What prints, as {{ x }}, stays in its paragraph.  Text
 * that only Markdown turns into "{{" or "{%" (by \{ or &#123;) is written so that it
 * is no mark.
 *
 * A mark in an automatic link stands in its address and its text, one in a
 * link's definition where the definition is used.
 */
#ifndef TEMPLATES_MARKDOWN_H
#define TEMPLATES_MARKDOWN_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define MARKDOWN_MAX      (256U << 10) /* bytes of a source */
#define MARKDOWN_HTML_MAX (4U << 20)   /* bytes of what is made of it */

/* Appends to out.  False: a limit. */
bool markdown_html(struct buf *out, struct str markdown,
    struct err *err) MUST_USE;

#endif
