/*
 * text_line.h - lines of what people wrote, for those who read them one after
 * another.  Line ends are LF; blanks are those of Unicode that mail programs
 * put at ends of lines, too.
 */
#ifndef BOUNCE_TEXT_LINE_H
#define BOUNCE_TEXT_LINE_H

#include "lib/base/str.h"

struct str text_trim(struct str text);

/* The line that `rest` begins with, without blanks at its end. */
struct str text_line(struct str rest);
struct str text_below(struct str rest); /* what follows that line */
struct str text_skip_blank(struct str rest);

bool text_is_blank(struct str line);
bool text_is_quoted(struct str line); /* begins with '>', or with '|' */
bool text_has_digit(struct str text);

/* Begins with, or holds, one of the words, which end with NULL.  Case counts:
 * it tells a name from a word. */
bool text_starts_with(struct str text, const char *const *words);
bool text_holds(struct str text, const char *const *words);

#endif
