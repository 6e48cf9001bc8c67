#include "bounce/returned_text.h"

#define LINE_MAX_CUE 160 /* nobody announces a message in a longer line */

/* What is given back; a cue has to stand beside it. */
static const char *const things[] = {
    "original message",
    "original mail",
    "old message",
    "returned message",
    "returned mail",
    "unsent message",
    "undelivered message",
    "forwarded message",
    "copy of the message",
    "copy of your message",
    "lines of the message",
    "message header",
    "message text",
    "message body",
    "mensaje original",
    "mensagem original",
    "message original",
    "messaggio originale",
};

static bool
says(struct str line, const char *words)
{
	return str_find(line, str_of(words)) != STR_NOWHERE;
}

static bool
is_ruled(struct str line)
{
	return str_starts(line, STR("--")) || str_starts(line, STR("==")) ||
	       str_starts(line, STR("__")) || str_starts(line, STR("**")) ||
	       str_starts(line, STR("|--")) || str_ends(line, STR("--"));
}

static bool
has_cue(struct str line, size_t thing)
{
	return is_ruled(line) || says(line, "follow") ||
	       says(line, "below this line") || says(line, "is a copy of") ||
	       (thing == 0 && str_ends(line, STR(":")));
}

static bool
announces(struct str line)
{
	size_t i, at;

	line = str_trim(line);
	if (line.n > LINE_MAX_CUE ||
	    (!says(line, "messag") && !says(line, "mail") &&
		!says(line, "mensa")))
		return false;
	for (i = 0; i < ARRAY_LEN(things); i++) {
		at = str_find(line, str_of(things[i]));
		if (at != STR_NOWHERE && has_cue(line, at))
			return true;
	}
	return false;
}

static struct str
first_line(struct str text)
{
	return str_sub(text, 0, str_chr(text, '\n'));
}

static bool
is_field(struct str line)
{
	size_t i = 0;

	while (i < line.n && (unsigned char)line.p[i] > ' ' && line.p[i] != ':')
		i++;
	return i > 0 && i < line.n && line.p[i] == ':';
}

/* Trace fields; people do not write them. */
static bool
is_trace(struct str line)
{
	return str_starts(line, STR("received:")) ||
	       str_starts(line, STR("return-path:"));
}

/* How much there is from the header below an announcement on: blank lines
 * and rules are skipped. */
static size_t
header_below(struct str rest)
{
	struct str line;

	while (rest.n > 0) {
		line = first_line(rest);
		if (is_field(line))
			return rest.n;
		line = str_trim(line);
		if (line.n > 0 && !is_ruled(line))
			break;
		rest = str_from(rest, first_line(rest).n + 1);
	}
	return 0;
}

void
returned_text_split(struct returned_text *r, struct str low)
{
	struct str line;
	size_t at;

	*r = (struct returned_text){.own = low.n};
	for (at = 0; at < low.n; at += line.n + 1) {
		line = first_line(str_from(low, at));
		if (is_trace(line))
			r->returned = low.n - at;
		else if (announces(line))
			r->returned =
			    header_below(str_from(low, at + line.n + 1));
		else
			continue;
		r->own = at;
		return;
	}
}
