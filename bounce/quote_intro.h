/*
 * quote_intro.h - the line that introduces a quotation: "On 3 May, Ann
 * wrote:" in the languages of mail programs.
 *
 * What tells it from a sentence that ends with a colon: it says "wrote", and
 * when, or an address, or the quotation stands right below.  It may be
 * wrapped over a few lines.
 */
#ifndef BOUNCE_QUOTE_INTRO_H
#define BOUNCE_QUOTE_INTRO_H

#include "lib/base/str.h"

#define QUOTE_INTRO_MAX   300 /* bytes */
#define QUOTE_INTRO_LINES 4

/* How many bytes of `rest` are an introduction that begins there; 0: none. */
size_t quote_intro(struct str rest);

#endif
