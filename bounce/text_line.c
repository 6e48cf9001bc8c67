#include "bounce/text_line.h"

/* No-break, zero-width, narrow and ideographic blanks, and the mark of byte
 * order. */
static const char *const blanks[] = {" ", "\t", "\r", "\n", "\xc2\xa0",
    "\xe2\x80\x8b", "\xe2\x80\xaf", "\xe3\x80\x80", "\xef\xbb\xbf", NULL};

/* Most bytes neither are blanks nor belong to one. */
static bool
is_plain(char c)
{
	return c > ' ' && c < 0x7f;
}

static size_t
blank_before(struct str text)
{
	size_t i;

	if (text.n == 0 || is_plain(text.p[0]))
		return 0;
	for (i = 0; blanks[i] != NULL; i++)
		if (str_starts(text, str_of(blanks[i])))
			return strlen(blanks[i]);
	return 0;
}

static size_t
blank_after(struct str text)
{
	size_t i;

	if (text.n == 0 || is_plain(text.p[text.n - 1]))
		return 0;
	for (i = 0; blanks[i] != NULL; i++)
		if (str_ends(text, str_of(blanks[i])))
			return strlen(blanks[i]);
	return 0;
}

static struct str
trim_end(struct str text)
{
	size_t n;

	while ((n = blank_after(text)) > 0)
		text.n -= n;
	return text;
}

struct str
text_trim(struct str text)
{
	size_t n;

	while ((n = blank_before(text)) > 0)
		text = str_from(text, n);
	return trim_end(text);
}

struct str
text_line(struct str rest)
{
	return trim_end(str_sub(rest, 0, str_chr(rest, '\n')));
}

struct str
text_below(struct str rest)
{
	size_t end = str_chr(rest, '\n');

	return str_from(rest, end == STR_NOWHERE ? rest.n : end + 1);
}

struct str
text_skip_blank(struct str rest)
{
	while (rest.n > 0 && text_is_blank(text_line(rest)))
		rest = text_below(rest);
	return rest;
}

bool
text_is_blank(struct str line)
{
	return text_trim(line).n == 0;
}

/* A row of a table ends with the bar that it begins with. */
bool
text_is_quoted(struct str line)
{
	line = text_trim(line);
	if (str_starts(line, STR(">")))
		return true;
	return str_eq(line, STR("|")) ||
	       (str_starts(line, STR("| ")) && !str_ends(line, STR("|")));
}

bool
text_has_digit(struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		if (text.p[i] >= '0' && text.p[i] <= '9')
			return true;
	return false;
}

bool
text_starts_with(struct str text, const char *const *words)
{
	for (; text.n > 0 && *words != NULL; words++)
		if (text.p[0] == (*words)[0] &&
		    str_starts(text, str_of(*words)))
			return true;
	return false;
}

bool
text_holds(struct str text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_find(text, str_of(*words)) != STR_NOWHERE)
			return true;
	return false;
}
