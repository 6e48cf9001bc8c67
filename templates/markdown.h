/*
 * markdown.h - Markdown bodies to HTML, by md4c.
 *
 * CommonMark with tables, strikethrough and bare links.  Liquid marks are
 * protected before and restored after, byte for byte; a mark alone in its
 * paragraph is not wrapped in <p>.  Raw HTML is let through: it is the
 * author's own.
 */
#ifndef TEMPLATES_MARKDOWN_H
#define TEMPLATES_MARKDOWN_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

bool markdown_html(struct buf *out, struct str markdown,
    struct err *err) MUST_USE;

#endif
