/*
 * answer_text.h - what a person wrote, without what was quoted below it.
 *
 * Cuts at the first line that begins the rest: a quotation's introduction
 * ("On ... wrote:"), the header that Outlook repeats, a line of underscores
 * or "-----Original Message-----", the signature's "-- " or "Sent from my".
 * Text between quotations stays, with them: it answers line by line.  Only
 * what is sure is cut; the raw message is kept besides.
 */
#ifndef BOUNCE_ANSWER_TEXT_H
#define BOUNCE_ANSWER_TEXT_H

#include "lib/base/str.h"

/* The beginning of `text`, which lines end with LF; never longer. */
struct str answer_text(struct str text);

#endif
