#include "lib/mail/status.h"

#include <stdio.h>

#define SUBJECT_MAX 7 /* the last one registered (RFC 3463, 3.8) */

static bool
digit(struct str s, size_t i)
{
	return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* 1*3digit without leading zeros; octets taken, or 0. */
static size_t
number(struct str s, int *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < 3 && digit(s, i); i++)
		*out = *out * 10 + (s.p[i] - '0');
	return digit(s, i) || (i > 1 && s.p[0] == '0') ? 0 : i;
}

/* class "." subject "." detail (RFC 3463, 2), whatever follows. */
static size_t
status_at(struct status *s, struct str text)
{
	struct str rest;
	size_t n;

	if (text.n < 5 || text.p[1] != '.' ||
	    (text.p[0] != '2' && text.p[0] != '4' && text.p[0] != '5'))
		return 0;
	s->class = text.p[0] - '0';
	rest = str_from(text, 2);
	n = number(rest, &s->subject);
	if (n == 0 || n >= rest.n || rest.p[n] != '.')
		return 0;
	rest = str_from(rest, n + 1);
	n = number(rest, &s->detail);
	return n == 0 ? 0 : (size_t)(rest.p + n - text.p);
}

size_t
status_parse(struct status *s, struct str text)
{
	struct status found;
	size_t n = status_at(&found, text);

	if (n == 0 || (n < text.n && strchr(" \t\r\n):", text.p[n]) == NULL))
		return 0;
	*s = found;
	return n;
}

static bool
word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

/* Not a piece of "10.5.1.1" or "v5.1.1-2", but "550-5.1.1" and "5.1.1." are
 * whole words. */
static bool
stands_alone(struct str text, size_t at, size_t n)
{
	struct str after = str_from(text, at + n);

	if (at > 0 && (word_char(text.p[at - 1]) || text.p[at - 1] == '.'))
		return false;
	if (after.n == 0)
		return true;
	if (after.p[0] == '.' || after.p[0] == '-')
		return after.n == 1 || !word_char(after.p[1]);
	return !word_char(after.p[0]);
}

bool
status_find(struct status *s, struct str text)
{
	struct status found;
	size_t i, n;

	for (i = 0; i < text.n; i++) {
		n = status_at(&found, str_from(text, i));
		if (n > 0 && found.subject <= SUBJECT_MAX &&
		    stands_alone(text, i, n)) {
			*s = found;
			return true;
		}
	}
	return false;
}

bool
status_is(struct status s, int class, int subject, int detail)
{
	return s.class == class && s.subject == subject && s.detail == detail;
}

const char *
status_text(struct status s, char out[STATUS_TEXT_MAX])
{
	if (s.class == 0)
		out[0] = '\0';
	else
		snprintf(out, STATUS_TEXT_MAX, "%d.%d.%d", s.class, s.subject,
		    s.detail);
	return out;
}
