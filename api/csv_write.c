#include "api/csv_write.h"

/* Common, no-break and ideographic ones. */
static struct str
skip_blanks(struct str s)
{
	static const char *const blanks[] = {" ", "\xc2\xa0", "\xe3\x80\x80"};
	size_t i = 0;

	while (i < ARRAY_LEN(blanks)) {
		if (str_starts(s, str_of(blanks[i]))) {
			s = str_from(s, strlen(blanks[i]));
			i = 0;
		} else {
			i++;
		}
	}
	return s;
}

static bool
looks_like_formula(struct str s)
{
	static const char *const signs[] = {"=", "+", "-", "@", "\t", "\r",
	    "\n", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
	    "\xef\xbc\xa0"};
	size_t i;

	s = skip_blanks(s);
	for (i = 0; i < ARRAY_LEN(signs); i++)
		if (str_starts(s, str_of(signs[i])))
			return true;
	return false;
}

static bool
needs_quotes(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (strchr(",\";\t\r\n|", s.p[i]) != NULL)
			return true;
	return s.n > 0 && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
}

static void
put(struct csv_write *w, struct str cell, bool guard)
{
	size_t quote;

	if (w->comma)
		buf_char(w->out, ',');
	w->comma = true;
	if (!guard && !needs_quotes(cell)) {
		buf_str(w->out, cell);
		return;
	}
	buf_puts(w->out, guard ? "\"'" : "\"");
	while ((quote = str_chr(cell, '"')) != STR_NOWHERE) {
		buf_str(w->out, str_sub(cell, 0, quote + 1));
		buf_char(w->out, '"');
		cell = str_from(cell, quote + 1);
	}
	buf_str(w->out, cell);
	buf_char(w->out, '"');
}

void
csv_write_text(struct csv_write *w, struct str cell)
{
	put(w, cell, looks_like_formula(cell));
}

void
csv_write_plain(struct csv_write *w, struct str cell)
{
	put(w, cell, false);
}

void
csv_write_end(struct csv_write *w)
{
	buf_puts(w->out, "\r\n");
	w->comma = false;
}
