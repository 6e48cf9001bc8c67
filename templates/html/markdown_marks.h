/*
 * markdown_marks.h - Liquid marks of a Markdown source, replaced by words
 * that Markdown leaves alone, and put back into the HTML.
 *
 *   Hello {{ name }}     Hello kfbl...0z
 *   {% if vip %}         <?kfbl...1y?>     a line of tags: a block of its own
 *   | a | b |
 *   |---|---|
 *   {% for x in xs %}    kfbl...2r         the same in a table: a row
 *
 * The words begin with letters made of the source's SHA-256: no source holds
 * them, spelled out, escaped or as entities, but by breaking the hash.
 */
#ifndef TEMPLATES_MARKDOWN_MARKS_H
#define TEMPLATES_MARKDOWN_MARKS_H

#include "lib/base/buf.h"

#define MARKDOWN_WORD 20 /* letters that a word begins with: 80 bits */

struct markdown_marks {
	char word[MARKDOWN_WORD];
	struct str *list; /* by number; they lie in the source */
	size_t count, cap;
	bool in_table; /* while protecting: behind | --- | --- | */
};

void markdown_marks_init(struct markdown_marks *m, struct str source);
void markdown_marks_release(struct markdown_marks *m);

/* Appends the source with words in place of marks. */
void markdown_marks_protect(struct markdown_marks *m, struct str source,
    struct buf *out);
/* Appends the HTML with marks in place of words. */
void markdown_marks_restore(const struct markdown_marks *m, struct str html,
    struct buf *out);

#endif
