#include "templates/html/css_edit.h"

#include "lib/base/mem.h"

#define EDITS_FIRST 64

void
css_edits_release(struct css_edits *e)
{
	free(e->list);
	*e = (struct css_edits){0};
}

void
css_edits_add(struct css_edits *e, size_t at, size_t cut, struct str put)
{
	if (e->count == e->cap) {
		e->cap = e->cap > 0 ? 2 * e->cap : EDITS_FIRST;
		e->list = mem_grow(e->list, e->cap, sizeof(*e->list));
	}
	e->list[e->count] = (struct css_edit){at, cut, put, e->count};
	e->count++;
}

static int
in_order(const void *a, const void *b)
{
	const struct css_edit *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

void
css_edits_apply(struct css_edits *e, struct str text, struct buf *out)
{
	size_t i, from = 0;

	if (e->count > 1)
		qsort(e->list, e->count, sizeof(*e->list), in_order);
	for (i = 0; i < e->count; i++) {
		const struct css_edit *edit = &e->list[i];

		buf_str(out, str_sub(text, from, edit->at - from));
		buf_str(out, edit->put);
		from = edit->at + edit->cut;
	}
	buf_str(out, str_from(text, from));
}
