/*
 * one_line.h - text made fit for a header: no line ends, no controls.
 *
 * A run of controls and line separators (below U+0020, U+007F..U+009F,
 * U+2028, U+2029) becomes one blank.  Bytes that are not UTF-8 are let
 * through: who takes them from outside checks them before.
 */
#ifndef TEMPLATES_ONE_LINE_H
#define TEMPLATES_ONE_LINE_H

#include "lib/base/str.h"

/* Writes at most s.n bytes; gives how many. */
size_t one_line(char *to, struct str s);

#endif
