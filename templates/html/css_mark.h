/*
 * css_mark.h - what Liquid marks mean for where rules apply.
 */
#ifndef TEMPLATES_CSS_MARK_H
#define TEMPLATES_CSS_MARK_H

#include "lib/base/str.h"

/* A mark opens a block (1), ends one (-1) or neither (0); 0 for other text,
 * too. */
int css_mark_depth(struct str mark);
/* The same for all marks of a text. */
int css_mark_depths(struct str text);

/* What it prints may hold elements that are not in this source, or not at
 * this place. */
bool css_mark_prints_elements(struct str mark);

#endif
