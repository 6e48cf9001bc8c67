/*
 * entity.h - character references of HTML, both ways.
 */
#ifndef TEMPLATES_ENTITY_H
#define TEMPLATES_ENTITY_H

#include "lib/base/str.h"

/* Not 0 for the bytes that must not stand in HTML as they are: & < > " '. */
extern const uint8_t entity_special[256];
/* What stands for such a byte; empty for others. */
struct str entity_of(char c);

/* At '&': the code point it stands for and how many bytes it took; 0 when
 * it is none that we know.  Knows the numeric ones and the names of HTML 4. */
size_t entity_decode(struct str s, uint32_t *code);

#endif
