/*
 * liquid_trace.h - a render for who has made something of the template's own
 * texts beforehand: it writes a brief instead of such a text, and notes where.
 *
 * That holds for texts that stay where they are written.  What stands in a
 * capture is read again, and written whole.  So is everything when there is
 * no room left for notes.
 */
#ifndef TEMPLATES_LIQUID_TRACE_H
#define TEMPLATES_LIQUID_TRACE_H

#include "templates/liquid/liquid.h"

struct liquid_note {
	size_t at;     /* offset in the buf that the render writes to */
	uint32_t text; /* number of the text */
};

/* Notes and briefs are the caller's. */
struct liquid_trace {
	const struct str *briefs; /* by number; STR_NONE: the text is written */
	struct liquid_note *notes;
	size_t n, max;
};

/* Tells the texts of a program; numbers are below liquid_text_count.  `stays`:
 * it may have a brief. */
typedef void liquid_text_fn(uint32_t number, struct str text, bool stays,
    void *arg);
void liquid_texts(const struct liquid *program, liquid_text_fn *fn, void *arg);
uint32_t liquid_text_count(const struct liquid *program);

/* Every render of it writes the same, if those of the same names do: it has
 * no filter, as some look at the clock or the recipient's language, and no
 * link that is signed. */
bool liquid_is_plain(const struct liquid *program);

#endif
