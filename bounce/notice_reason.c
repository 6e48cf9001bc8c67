/*
 * notice_reason.c - what a notification says of one of its recipients.
 */
#include "bounce/notice.h"
#include "bounce/notice_list.h"

#define REASON_MAX 2048 /* bytes of a reason */

/* A piece of the text in lower case. */
struct piece {
	size_t from, to;
};

static struct str
view(struct str text, struct piece p)
{
	return str_sub(text, p.from, p.to - p.from);
}

static bool
has_words(struct str text)
{
	size_t i, letters = 0;

	for (i = 0; i < text.n && letters < 3; i++)
		letters += (text.p[i] >= 'a' && text.p[i] <= 'z') ||
			   (text.p[i] >= '0' && text.p[i] <= '9') ||
			   (unsigned char)text.p[i] >= 0x80;
	return letters == 3;
}

/* Words that are no heading. */
static bool
says_something(struct str text)
{
	text = str_trim(text);
	return has_words(text) && !str_ends(text, STR(":"));
}

static bool
has_code(struct str text)
{
	struct status s;

	return dsn_reply_code(text) != 0 || status_find(&s, text);
}

/* Up to the end of the first paragraph that is as wanted; false: none is. */
static bool
cut_paragraph(struct piece *p, struct str low, bool (*wanted)(struct str))
{
	size_t at = p->from, n;

	while (at < p->to) {
		n = str_find(str_sub(low, at, p->to - at), STR("\n\n"));
		if (n == STR_NOWHERE)
			n = p->to - at;
		if (wanted(str_sub(low, at, n))) {
			p->to = at + n;
			return true;
		}
		at += n + 2;
	}
	return false;
}

static size_t
line_end(struct str low, size_t at)
{
	size_t n = str_chr(str_from(low, at), '\n');

	return n == STR_NOWHERE ? low.n : at + n;
}

/* "554 <a@b>... Service unavailable": sendmail's summary stands below what
 * was said. */
static bool
is_summary(struct str low, const struct notice_address *a)
{
	return a->place == NOTICE_ANSWERED && a->line < low.n &&
	       low.p[a->line] >= '4' && low.p[a->line] <= '5' &&
	       str_starts(str_from(low, a->to), STR("..."));
}

static struct piece
piece_of(const struct notice_list *l, int i)
{
	const struct notice_address *a = &l->found[i];
	struct str low = l->m->own_low;
	struct piece p = {a->place == NOTICE_LISTED ? a->to : a->line,
	    i + 1 < l->count ? l->found[i + 1].line : low.n};

	if (is_summary(low, a)) {
		p.from = i > 0 ? line_end(low, l->found[i - 1].to) : 0;
		p.to = line_end(low, a->to);
		if (p.to - p.from > REASON_MAX)
			p.from = p.to - REASON_MAX;
	}
	if (p.to < p.from)
		p.to = p.from;
	return p;
}

/* Sendmail's list has "(reason: 550 5.1.1 no such user)". */
static bool
cut_given(struct piece *p, struct str low)
{
	static const struct str word = STR("(reason:");
	size_t at = str_find(view(low, *p), word), n;

	if (at == STR_NOWHERE)
		return false;
	p->from += at + word.n;
	n = str_find(view(low, *p), STR(")\n"));
	if (n != STR_NOWHERE)
		p->to = p->from + n;
	return true;
}

/* On one line, without what brackets and colons the address ended with. */
static struct str
on_one_line(struct str text, struct arena *a)
{
	char *out;
	size_t i, n = 0;

	while (text.n > 0 && strchr(" \t\n:;,.)>]-", text.p[0]) != NULL)
		text = str_from(text, 1);
	text = str_fit(str_trim(text), REASON_MAX);
	out = arena_alloc(a, text.n + 1);
	for (i = 0; i < text.n; i++) {
		if (strchr(" \t\r\n", text.p[i]) == NULL)
			out[n++] = text.p[i];
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	out[n] = '\0';
	return (struct str){out, n};
}

struct str
notice_text(struct inbound_mail *m)
{
	return on_one_line(m->own_text, &m->arena);
}

struct str
notice_list_reason(const struct notice_list *l, int i)
{
	struct str low = l->m->own_low;
	struct piece p = piece_of(l, i), tail;

	if (!has_words(view(low, p)))
		p = (struct piece){l->found[i].to, low.n};
	tail = p;
	/* of several, each has a paragraph; what follows is about them all */
	if (l->count > 1 && cut_paragraph(&tail, low, has_words))
		p = tail;
	if (!cut_given(&p, low) && !cut_paragraph(&p, low, has_code) &&
	    l->found[i].place != NOTICE_TOLD)
		cut_paragraph(&p, low, says_something);
	return on_one_line(view(l->m->own_text, p), &l->m->arena);
}
