/*
 * liquid_writer.h - a merge value on its way into the output, for the two
 * halves of escaping: liquid_escape.c and liquid_url.c.
 */
#ifndef TEMPLATES_LIQUID_WRITER_H
#define TEMPLATES_LIQUID_WRITER_H

#include "templates/liquid/liquid_run.h"

struct liquid_writer {
	struct liquid_run *run;
	uint8_t how; /* enum escape */
};

/* One byte, as a character reference where HTML asks for it. */
bool liquid_writer_byte(struct liquid_writer *w, char c) MUST_USE;

/* liquid_url.c: kinds ESCAPE_IMAGE to ESCAPE_URL_PART. */
bool liquid_write_url(struct liquid_writer *w, struct str s) MUST_USE;

#endif
