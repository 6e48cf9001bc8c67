/*
 * answer_text.h - what a person wrote, without what was quoted, forwarded or
 * signed.
 *
 *   above      text, then "On ... wrote:", a repeated header, quotes
 *   below      the introduction and the quotation, then text
 *   in between stays as it is, with what it answers: it is not to be
 *              understood without
 *
 * Only whole lines go.  A quotation that nobody introduced and that stands
 * above the text stays: the writer chose it.  The raw message is kept
 * besides.
 */
#ifndef BOUNCE_ANSWER_TEXT_H
#define BOUNCE_ANSWER_TEXT_H

#include "lib/base/str.h"

/* A piece of `text`, which lines end with LF; empty when all of it is of
 * others. */
struct str answer_text(struct str text);

#endif
