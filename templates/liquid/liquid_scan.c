#include "templates/liquid/liquid_scan.h"

void
liquid_scan_init(struct liquid_scan *s, struct str source)
{
	*s = (struct liquid_scan){.p = source.p, .end = source.p + source.n};
}

void
liquid_scan_lines(struct liquid_scan *s, struct str body)
{
	liquid_scan_init(s, body);
	s->lines = true;
}

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

static struct str
strip_left(struct str s)
{
	while (s.n > 0 && blank(s.p[0]))
		s = str_from(s, 1);
	return s;
}

static struct str
strip_right(struct str s)
{
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static struct str
between(const char *from, const char *to)
{
	return (struct str){from, (size_t)(to - from)};
}

/* The next "{{" or "{%", or the end. */
static const char *
find_open(const struct liquid_scan *s)
{
	const char *p = s->p;

	while ((p = memchr(p, '{', (size_t)(s->end - p))) != NULL) {
		if (s->end - p >= 2 && (p[1] == '{' || p[1] == '%'))
			return p;
		p++;
	}
	return s->end;
}

/* Where the two bytes of `close` stand, or NULL. */
static const char *
find_close(const char *p, const char *end, const char close[2])
{
	while ((p = memchr(p, close[0], (size_t)(end - p))) != NULL) {
		if (end - p >= 2 && p[1] == close[1])
			return p;
		p++;
	}
	return NULL;
}

static void
split_tag(struct liquid_piece *piece)
{
	struct str s = strip_left(piece->body);
	size_t n = 0;

	if (s.n > 0 && s.p[0] == '#')
		n = 1;
	else
		while (n < s.n && word(s.p[n]))
			n++;
	piece->name = str_sub(s, 0, n);
	piece->body = str_from(s, n);
}

/* At "{{" or "{%". */
static void
delimited(struct liquid_scan *s, struct liquid_piece *piece)
{
	bool tag = s->p[1] == '%';
	const char *from = s->p + 2, *to;

	to = find_close(from, s->end, tag ? "%}" : "}}");
	if (to == NULL) {
		piece->kind = PIECE_OPEN;
		piece->body = between(s->p, from);
		s->p = s->end;
		return;
	}
	s->p = to + 2;
	s->strip = to > from && to[-1] == '-';
	if (s->strip)
		to--;
	if (from < to && *from == '-')
		from++;
	piece->kind = tag ? PIECE_TAG : PIECE_OUTPUT;
	piece->body = between(from, to);
	if (tag)
		split_tag(piece);
}

/* The next line that is not blank. */
static void
next_line(struct liquid_scan *s, struct liquid_piece *piece)
{
	struct str rest = strip_left(between(s->p, s->end));

	*piece = (struct liquid_piece){.kind = PIECE_END, .at = s->end};
	s->p = s->end;
	if (rest.n == 0)
		return;
	piece->kind = PIECE_TAG;
	piece->at = rest.p;
	(void)str_cut(&rest, '\n', &piece->body);
	if (rest.n > 0)
		s->p = rest.p;
	split_tag(piece);
}

void
liquid_scan_next(struct liquid_scan *s, struct liquid_piece *piece)
{
	const char *open;
	struct str text;

	if (s->lines) {
		next_line(s, piece);
		return;
	}
	open = find_open(s);
	text = between(s->p, open);
	*piece = (struct liquid_piece){.kind = PIECE_END, .at = s->p};
	if (s->strip)
		text = strip_left(text);
	if (s->end - open >= 3 && open[2] == '-')
		text = strip_right(text);
	s->p = open;
	s->strip = false;
	if (text.n > 0) {
		piece->kind = PIECE_TEXT;
		piece->body = text;
	} else if (open < s->end) {
		piece->at = open;
		delimited(s, piece);
	}
}

/* Whether the tag that opens at p has that name. */
static bool
opens_tag(const char *p, const char *end, struct str name)
{
	struct str s = between(p + 2, end);

	if (s.n > 0 && s.p[0] == '-')
		s = str_from(s, 1);
	s = strip_left(s);
	return p[1] == '%' && str_starts(s, name) &&
	       (s.n == name.n || !word(s.p[name.n]));
}

bool
liquid_scan_until(struct liquid_scan *s, const char *name, struct str *body)
{
	struct liquid_scan ahead = *s;
	struct liquid_piece piece;
	const char *open;

	while (!s->lines && (open = find_open(&ahead)) < s->end) {
		ahead.p = open;
		if (opens_tag(open, s->end, str_of(name))) {
			delimited(&ahead, &piece);
			*body = between(s->p, open);
			*s = ahead;
			return piece.kind == PIECE_TAG;
		}
		ahead.p = open + 1;
	}
	return false;
}

/* Behind the end of a comment, in which others and `raw` may stand. */
static bool
skip_comment(struct liquid_scan *s)
{
	struct liquid_piece piece;
	struct str ignored;
	int depth = 1;

	while (depth > 0) {
		liquid_scan_next(s, &piece);
		if (piece.kind == PIECE_END || piece.kind == PIECE_OPEN)
			return false;
		if (piece.kind != PIECE_TAG)
			continue;
		if (str_eq(piece.name, STR("raw")) &&
		    !liquid_scan_until(s, "endraw", &ignored))
			return false;
		depth += str_eq(piece.name, STR("comment"));
		depth -= str_eq(piece.name, STR("endcomment"));
	}
	return true;
}

size_t
liquid_mark(struct str s)
{
	struct liquid_scan scan;
	struct liquid_piece piece;
	struct str ignored;

	if (s.n < 2 || s.p[0] != '{' || (s.p[1] != '{' && s.p[1] != '%'))
		return 0;
	liquid_scan_init(&scan, s);
	delimited(&scan, &piece);
	if (piece.kind != PIECE_TAG)
		return (size_t)(scan.p - s.p);
	if ((str_eq(piece.name, STR("raw")) &&
		!liquid_scan_until(&scan, "endraw", &ignored)) ||
	    (str_eq(piece.name, STR("doc")) &&
		!liquid_scan_until(&scan, "enddoc", &ignored)) ||
	    (str_eq(piece.name, STR("comment")) && !skip_comment(&scan)))
		return s.n;
	return (size_t)(scan.p - s.p);
}

enum liquid_mark_kind
liquid_mark_kind(struct str mark)
{
	static const char *const opening[] = {"if", "unless", "case", "for",
	    "capture", "tablerow", "ifchanged"};
	static const char *const branching[] = {"else", "elsif", "when"};
	struct liquid_piece piece;
	struct liquid_scan scan;

	if (!str_starts(mark, STR("{%")))
		return MARK_OTHER;
	liquid_scan_init(&scan, mark);
	liquid_scan_next(&scan, &piece);
	if (piece.kind != PIECE_TAG || scan.p != scan.end)
		return MARK_OTHER;
	if (str_is_any(piece.name, opening, ARRAY_LEN(opening)))
		return MARK_OPENS;
	if (str_is_any(piece.name, branching, ARRAY_LEN(branching)))
		return MARK_BRANCHES;
	return str_starts(piece.name, STR("end")) ? MARK_CLOSES : MARK_OTHER;
}
