/*
 * liquid_time_text.h - a text in which dates are looked for, and the small
 * steps through it.
 *
 * Lower case, one blank for each run of what says nothing.  Steps take a
 * place and give one behind it, counts, or 0 where they find nothing.
 */
#ifndef TEMPLATES_LIQUID_TIME_TEXT_H
#define TEMPLATES_LIQUID_TIME_TEXT_H

#include "lib/base/str.h"

#define TIME_TEXT_LENGTH_MAX 128

struct time_text {
	char p[TIME_TEXT_LENGTH_MAX + 1]; /* NUL behind it */
	size_t n;
};

static inline bool
time_text_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
time_text_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c & 0x80) != 0;
}

/* Between a letter or digit and what is none. */
bool time_text_edge(const struct time_text *t, size_t at);
size_t time_text_digits(const struct time_text *t, size_t at);
size_t time_text_skip_blanks(const struct time_text *t, size_t at);
/* Over what is none of the given characters, a digit or a blank. */
size_t time_text_skip_word(const struct time_text *t, size_t at,
    const char *stop);
bool time_text_is(const struct time_text *t, size_t at, const char *what);
/* Number of the name whose first three letters stand here, or -1. */
int time_text_name(const struct time_text *t, size_t at,
    const char (*names)[10], int count);
int time_text_month(const struct time_text *t, size_t at); /* 1..12, or 0 */
/* ["'"] [one of signs] 1*digit: its end, or 0. */
size_t time_text_numeral(const struct time_text *t, size_t at,
    const char *signs, struct str *out);
int time_text_number(const char *p, size_t n); /* stops growing at 10^8 */

#endif
