/*
 * css_edit.h - changes to a text, collected in any order, made in one go.
 */
#ifndef TEMPLATES_CSS_EDIT_H
#define TEMPLATES_CSS_EDIT_H

#include "lib/base/buf.h"

struct css_edit {
	size_t at, cut; /* bytes of the text that go */
	struct str put;
	size_t number;
};

struct css_edits {
	struct css_edit *list;
	size_t count, cap;
};

void css_edits_release(struct css_edits *e);
/* `put` is borrowed.  Those at the same place are made in order. */
void css_edits_add(struct css_edits *e, size_t at, size_t cut, struct str put);
/* Appends the changed text. */
void css_edits_apply(struct css_edits *e, struct str text, struct buf *out);

#endif
