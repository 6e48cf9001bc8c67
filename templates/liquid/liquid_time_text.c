#include "templates/liquid/liquid_time_text.h"

#include "templates/liquid/liquid_time.h"

#define NUMBER_MAX 100000000

/* Between a letter or digit and what is none. */
bool
time_text_edge(const struct time_text *t, size_t at)
{
	bool before = at > 0 && (time_text_digit(t->p[at - 1]) ||
				    time_text_letter(t->p[at - 1]));
	bool after = at < t->n &&
		     (time_text_digit(t->p[at]) || time_text_letter(t->p[at]));

	return before != after;
}

size_t
time_text_digits(const struct time_text *t, size_t at)
{
	size_t n = 0;

	while (at + n < t->n && time_text_digit(t->p[at + n]))
		n++;
	return n;
}

size_t
time_text_skip_blanks(const struct time_text *t, size_t at)
{
	while (at < t->n && t->p[at] == ' ')
		at++;
	return at;
}

/* Over what is none of the given characters, a digit or a blank. */
size_t
time_text_skip_word(const struct time_text *t, size_t at, const char *stop)
{
	while (at < t->n && !time_text_digit(t->p[at]) && t->p[at] != ' ' &&
	       strchr(stop, t->p[at]) == NULL)
		at++;
	return at;
}

bool
time_text_is(const struct time_text *t, size_t at, const char *what)
{
	size_t n = strlen(what);

	return at + n <= t->n && memcmp(t->p + at, what, n) == 0;
}

int
time_text_number(const char *p, size_t n)
{
	int v = 0;

	for (; n > 0 && v < NUMBER_MAX; n--)
		v = v * 10 + (*p++ - '0');
	return v;
}

/* Number of the name whose first three letters stand here, or -1. */
int
time_text_name(const struct time_text *t, size_t at, const char (*names)[10],
    int count)
{
	const char *p = t->p + at;
	int i;

	if (at + 3 > t->n)
		return -1;
	for (i = 0; i < count; i++) /* names begin with a capital */
		if (p[0] == (names[i][0] | 0x20) && p[1] == names[i][1] &&
		    p[2] == names[i][2])
			return i;
	return -1;
}

int
time_text_month(const struct time_text *t, size_t at)
{
	return time_text_name(t, at, liquid_months, 12) + 1;
}

/* ["'"] [one of signs] 1*digit */
size_t
time_text_numeral(const struct time_text *t, size_t at, const char *signs,
    struct str *out)
{
	size_t from = at, n;

	if (at < t->n && t->p[at] == '\'')
		at++;
	if (at < t->n && t->p[at] != '\0' && strchr(signs, t->p[at]) != NULL)
		at++;
	n = time_text_digits(t, at);
	*out = (struct str){t->p + from, at + n - from};
	return n > 0 ? at + n : 0;
}
