/*
 * signs_table.h - the table that signs.awk makes of signs.rules; only for
 * signs.c.
 */
#ifndef BOUNCE_SIGNS_TABLE_H
#define BOUNCE_SIGNS_TABLE_H

#include "bounce/signs.h"

extern const char *const sign_phrases[];
extern const uint16_t sign_phrase_signs[]; /* one of SIGN_... each */
extern const size_t sign_phrase_count;

#endif
