/*
 * liquid_time_forms.h - the forms that a date or a time may have in a text.
 *
 * Each form is looked for in the whole text, the first place counts, and what
 * was understood is taken out of it, so that the next form sees the rest.
 */
#ifndef TEMPLATES_LIQUID_TIME_FORMS_H
#define TEMPLATES_LIQUID_TIME_FORMS_H

#include "templates/liquid/liquid_time_text.h"

#define TIME_ZONE_MAX 16
#define TIME_NOT_TOLD INT32_MIN

struct time_parts {
	int year, month, day, yearday, hour, minute, second; /* or NOT_TOLD */
	int micros;
	bool whole_year; /* not to be completed: 25 is the year 25 */
	bool before_christ;
	char zone[TIME_ZONE_MAX]; /* as written; empty: none */
};

void time_parts_init(struct time_parts *p);
/* Everything the text tells. */
void time_forms_read(struct time_text *t, struct time_parts *p);

/* liquid_time_clock.c: a time of day with its zone, the zone, a fraction of
 * seconds; the end of it.  The zone gives `at` when there is none. */
size_t time_form_clock(const struct time_text *t, size_t at,
    struct time_parts *p);
size_t time_form_zone(const struct time_text *t, size_t at,
    struct time_parts *p);
size_t time_form_fraction(const struct time_text *t, size_t at,
    struct time_parts *p);

#endif
