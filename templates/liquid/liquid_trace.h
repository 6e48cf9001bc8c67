/*
 * liquid_trace.h - where in its output a render wrote the template's own
 * texts, for who has made something of them beforehand.
 *
 * A trace is a hint: what was captured or thrown away again was noted as well,
 * and when there is no room left the rest is not noted.  Who uses one
 * compares the bytes.
 */
#ifndef TEMPLATES_LIQUID_TRACE_H
#define TEMPLATES_LIQUID_TRACE_H

#include "templates/liquid/liquid.h"

struct liquid_note {
	size_t at;     /* offset in the buf that the render writes to */
	uint32_t text; /* number of the text */
};

/* The notes are the caller's. */
struct liquid_trace {
	struct liquid_note *notes;
	size_t n, max;
};

static inline void
liquid_trace_note(struct liquid_trace *t, size_t at, uint32_t text)
{
	if (t->n < t->max)
		t->notes[t->n++] = (struct liquid_note){at, text};
}

/* Tells the texts of a program; numbers are below liquid_text_count. */
typedef void liquid_text_fn(uint32_t number, struct str text, void *arg);
void liquid_texts(const struct liquid *program, liquid_text_fn *fn, void *arg);
uint32_t liquid_text_count(const struct liquid *program);

/* Every render of it writes the same, if those of the same names do: it has
 * no filter, as some look at the clock or the recipient's language, and no
 * link that is signed. */
bool liquid_is_plain(const struct liquid *program);

#endif
