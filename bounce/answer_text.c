#include "bounce/answer_text.h"

#include "bounce/quote_intro.h"
#include "bounce/quoted_header.h"
#include "bounce/signature.h"
#include "bounce/text_line.h"
#include "lib/base/buf.h"

#define FRONTS_MAX   8  /* dividers before the text begins */
#define INTROS_MAX   16 /* introductions looked at: each costs a reading */
#define FOOTER_MAX   6  /* own lines below a quotation: more is an answer */
#define GREETING_MAX 40

static struct str
up_to(struct str text, struct str rest)
{
	return str_sub(text, 0, (size_t)(rest.p - text.p));
}

/* What programs put before the text: a signed message's armour, or the
 * header of a mail that is forwarded without a word. */
static struct str
skip_front(struct str text)
{
	size_t n;
	int i;

	text = text_skip_blank(text);
	for (i = 0; i < FRONTS_MAX && (n = quoted_header(text)) > 0; i++) {
		text = text_skip_blank(str_from(text, n));
		if (str_starts(text, STR("Hash: ")))
			text = text_skip_blank(text_below(text));
	}
	if (signature_is_mobile(text_line(text)))
		text = text_skip_blank(text_below(text));
	return text;
}

/* Up to a signature, or a mail that stands below unmarked. */
static struct str
cut_below(struct str text)
{
	struct str rest = text;
	bool above_blank = true, first = true;

	for (; rest.n > 0; rest = text_below(rest), first = false) {
		if (signature_begins(rest, above_blank))
			return up_to(text, rest);
		if (!first && quoted_header(rest) > 0)
			return up_to(text, rest);
		above_blank = text_is_blank(text_line(rest));
	}
	return text;
}

/* What follows an introduction. */
struct shape {
	bool quoted;         /* it is marked as a quotation */
	int own, own_lines;  /* stretches of the writer's, their lines */
	struct str last_own; /* the last of them, with what is below it */
};

static void
see_line(struct shape *s, struct str rest, bool *own)
{
	struct str line = text_line(rest);

	if (text_is_blank(line))
		return;
	if (text_is_quoted(line)) {
		if (s->own == 0)
			s->quoted = true;
		*own = false;
		return;
	}
	s->own_lines++;
	if (*own)
		return;
	s->own++;
	s->last_own = rest;
	*own = true;
}

static struct shape
look(struct str rest)
{
	struct shape s = {.own = 0};
	bool own = false;
	size_t n;

	while (rest.n > 0) {
		n = quote_intro(rest);
		if (n > 0) {
			rest = str_from(rest, n);
			own = false;
			continue;
		}
		see_line(&s, rest, &own);
		rest = text_below(rest);
	}
	return s;
}

/* "Hi Ann," and nothing else. */
static bool
is_greeting(struct str above)
{
	above = text_trim(above);
	return above.n <= GREETING_MAX && str_ends(above, STR(",")) &&
	       str_chr(above, '\n') == STR_NOWHERE;
}

static bool
goes_on_below(const struct shape *s, struct str above)
{
	return s->quoted && s->own > 0 &&
	       (s->own > 1 || s->own_lines > FOOTER_MAX || is_greeting(above));
}

/* Nothing but quotations is above it. */
static struct str
after_introduction(struct str text, struct str below)
{
	struct shape s = look(below);

	if (s.own == 0)
		return STR_NONE;
	if (!s.quoted)
		return below;
	return s.own == 1 ? s.last_own : text;
}

static struct str
own_part(struct str text)
{
	struct str rest = text, line;
	struct shape s;
	bool own = false;
	int intros = 0;
	size_t n;

	while (rest.n > 0) {
		n = intros < INTROS_MAX ? quote_intro(rest) : 0;
		intros += n > 0;
		if (n > 0 && !own)
			return after_introduction(text, str_from(rest, n));
		if (n > 0) {
			s = look(str_from(rest, n));
			if (!goes_on_below(&s, up_to(text, rest)))
				return up_to(text, rest);
			rest = str_from(rest, n);
			continue;
		}
		line = text_line(rest);
		own = own || (!text_is_blank(line) && !text_is_quoted(line));
		rest = text_below(rest);
	}
	return text;
}

/* Marks of quotation at the beginning of a line. */
static struct str
unquoted(struct str line)
{
	line = text_trim(line);
	while (str_starts(line, STR(">")) || str_starts(line, STR(" ")))
		line = str_from(line, 1);
	return line;
}

/* Introductions one after another: nothing is left of what they introduced. */
static bool
is_hollow(struct str quotes)
{
	struct str rest;
	struct buf b;
	size_t n;

	buf_init(&b, quotes.n + 1);
	for (; quotes.n > 0; quotes = text_below(quotes)) {
		buf_str(&b, unquoted(text_line(quotes)));
		buf_char(&b, '\n');
	}
	rest = text_skip_blank(buf_view(&b));
	while (rest.n > 0 && (n = quote_intro(rest)) > 0)
		rest = text_skip_blank(str_from(rest, n));
	buf_release(&b);
	return rest.n == 0;
}

/* Quotations at the end, when something of the writer's is above them. */
static struct str
drop_quoted_end(struct str text)
{
	struct str kept = STR_NONE, rest = text, line;

	for (; rest.n > 0; rest = text_below(rest)) {
		line = text_line(rest);
		if (!text_is_blank(line) && !text_is_quoted(line))
			kept = str_sub(text, 0,
			    (size_t)(line.p + line.n - text.p));
	}
	if (kept.p != NULL)
		return kept;
	return is_hollow(text) ? STR_NONE : text;
}

/* Blanks at the ends, but not those that indent the first line. */
static struct str
trim_lines(struct str text)
{
	text = text_skip_blank(text);
	while (text.n > 0 &&
	       str_chr(STR(" \t\r\n"), text.p[text.n - 1]) != STR_NOWHERE)
		text.n--;
	return text;
}

struct str
answer_text(struct str text)
{
	text = cut_below(skip_front(text));
	text = drop_quoted_end(trim_lines(own_part(text)));
	return signature_drop_name(text_trim(text));
}
