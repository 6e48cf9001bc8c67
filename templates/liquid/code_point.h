/*
 * code_point.h - counting in UTF-8 text: letters as people count them are
 * code points, not bytes.
 *
 * A byte that begins no sequence belongs to the code point before it, so
 * that any bytes can be counted and cut.
 */
#ifndef TEMPLATES_CODE_POINT_H
#define TEMPLATES_CODE_POINT_H

#include "lib/base/str.h"

size_t code_point_count(struct str s);
/* Where the code point number `index` begins; s.n when there are fewer. */
size_t code_point_offset(struct str s, size_t index);

/* The outermost code points; empty for an empty text. */
struct str code_point_first(struct str s);
struct str code_point_last(struct str s);

bool code_point_ascii_only(struct str s);

#endif
