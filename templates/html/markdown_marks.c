#include "templates/html/markdown_marks.h"

#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "templates/liquid/liquid_scan.h"

#define MARKS_FIRST 64

/* What a word stands for is its last letter. */
enum word_kind {
	WORD_INLINE = 'z', /* one mark, within text */
	WORD_LINE = 'y',   /* a line of tags */
	WORD_ROW = 'r',    /* a line of tags in a table */
};

void
markdown_marks_init(struct markdown_marks *m, struct str source)
{
	unsigned char hash[SHA256_SIZE];
	size_t i;

	*m = (struct markdown_marks){0};
	sha256(hash, source);
	for (i = 0; i < MARKDOWN_WORD; i++)
		m->word[i] = (char)('a' + (hash[i / 2] >> (i % 2 * 4) & 0xf));
}

void
markdown_marks_release(struct markdown_marks *m)
{
	free(m->list);
	m->list = NULL;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A tag that prints nothing at its place. */
static bool
is_silent(struct str mark)
{
	struct liquid_scan scan;
	struct liquid_piece piece;

	liquid_scan_init(&scan, mark);
	liquid_scan_next(&scan, &piece);
	return piece.kind == PIECE_TAG && !str_eq(piece.name, STR("raw")) &&
	       !str_eq(piece.name, STR("echo"));
}

/* Bytes of the next line, its end included; marks may span lines. */
static size_t
line_length(struct str s)
{
	size_t i = 0, n;

	while (i < s.n && s.p[i] != '\n') {
		n = s.p[i] == '{' ? liquid_mark(str_from(s, i)) : 0;
		i += n > 0 ? n : 1;
	}
	return i + (i < s.n);
}

/* The tags of a line that holds nothing else (but marks of quotation before
 * them), or nothing. */
static struct str
only_tags(struct str line)
{
	size_t i = 0, from, to = 0, n;

	while (i < line.n && (blank(line.p[i]) || line.p[i] == '>'))
		i++;
	for (from = i; i < line.n; i += n) {
		n = liquid_mark(str_from(line, i));
		if (n > 0 && is_silent(str_sub(line, i, n)))
			to = i + n;
		else if (n == 0 && (blank(line.p[i]) || line.p[i] == '\n'))
			n = 1;
		else
			return STR_NONE;
	}
	return str_sub(line, from, to > from ? to - from : 0);
}

/* Whether the line parts a table's head from its rows: |:---|---:| */
static bool
is_delimiter_row(struct str line)
{
	size_t i, dashes = 0, pipes = 0;

	for (i = 0; i < line.n; i++) {
		char c = line.p[i];

		dashes += c == '-';
		pipes += c == '|';
		if (!blank(c) && strchr("-|:>\n", c) == NULL)
			return false;
	}
	return dashes > 0 && pipes > 0;
}

static void
put_word(struct markdown_marks *m, struct str mark, enum word_kind kind,
    struct buf *out)
{
	if (m->count == m->cap) {
		m->cap = m->cap > 0 ? 2 * m->cap : MARKS_FIRST;
		m->list = mem_grow(m->list, m->cap, sizeof(*m->list));
	}
	m->list[m->count] = mark;
	buf_add(out, m->word, MARKDOWN_WORD);
	buf_printf(out, "%zu%c", m->count++, kind);
}

static void
protect_tags(struct markdown_marks *m, struct str line, struct str tags,
    struct buf *out)
{
	size_t before = (size_t)(tags.p - line.p);

	buf_add(out, line.p, before);
	if (m->in_table) {
		put_word(m, tags, WORD_ROW, out);
	} else {
		buf_puts(out, "<?");
		put_word(m, tags, WORD_LINE, out);
		buf_puts(out, "?>");
	}
	buf_str(out, str_from(line, before + tags.n));
}

static void
protect_text(struct markdown_marks *m, struct str line, struct buf *out)
{
	size_t i = 0, from = 0, n;

	while (i < line.n) {
		n = liquid_mark(str_from(line, i));
		if (n == 0) {
			i++;
			continue;
		}
		buf_str(out, str_sub(line, from, i - from));
		put_word(m, str_sub(line, i, n), WORD_INLINE, out);
		from = i += n;
	}
	buf_str(out, str_from(line, from));
}

void
markdown_marks_protect(struct markdown_marks *m, struct str source,
    struct buf *out)
{
	struct str line, tags;

	while (source.n > 0) {
		line = str_sub(source, 0, line_length(source));
		source = str_from(source, line.n);
		tags = only_tags(line);
		if (is_delimiter_row(line))
			m->in_table = true;
		else if (str_trim(line).n == 0)
			m->in_table = false;
		if (tags.n > 0)
			protect_tags(m, line, tags, out);
		else
			protect_text(m, line, out);
	}
}

/* At a word: its length, and what it stands for; 0 when there is none. */
static size_t
read_word(const struct markdown_marks *m, struct str s, struct str *mark,
    char *kind)
{
	size_t i = MARKDOWN_WORD, number = 0;

	if (s.n <= i || memcmp(s.p, m->word, MARKDOWN_WORD) != 0)
		return 0;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		if (number <= m->count)
			number = 10 * number + (size_t)(s.p[i] - '0');
	if (i == s.n || i == MARKDOWN_WORD || number >= m->count)
		return 0;
	*mark = m->list[number];
	*kind = s.p[i];
	return i + 1;
}

/* Takes `what` off the end of out. */
static bool
take_back(struct buf *out, struct str what)
{
	bool there = str_ends(buf_view(out), what);

	if (there)
		buf_truncate(out, out->n - what.n);
	return there;
}

/* Takes `what` off the front of rest. */
static bool
take(struct str *rest, struct str what)
{
	bool there = str_starts(*rest, what);

	if (there)
		*rest = str_from(*rest, what.n);
	return there;
}

/* Around the line's word stands what made it a block: as it was written, or
 * escaped, because it is in a block of code. */
static void
unwrap_line(struct str *rest, struct buf *out)
{
	if (take_back(out, STR("<?")))
		(void)take(rest, STR("?>"));
	else if (take_back(out, STR("&lt;?")))
		(void)take(rest, STR("?&gt;"));
}

/* Where a row's first cell begins at the end of out, or STR_NOWHERE. */
static size_t
row_start(const struct buf *out)
{
	static const struct str row = {"<tr>\n<td", 8};
	static const size_t alignment = sizeof(" align=\"center\">") - 1;
	size_t from =
	    out->n > row.n + alignment ? out->n - row.n - alignment : 0;
	size_t at = str_find(str_from(buf_view(out), from), row);

	if (at == STR_NOWHERE || out->p[out->n - 1] != '>')
		return STR_NOWHERE;
	return from + at;
}

/* The row that holds a line of tags alone is none. */
static void
unwrap_row(struct str *rest, struct buf *out)
{
	size_t from = row_start(out), n;
	struct str after = *rest;

	if (from == STR_NOWHERE || !take(&after, STR("</td>\n")))
		return;
	while (str_starts(after, STR("<td"))) {
		n = str_chr(after, '>') + 1;
		after = str_from(after, n);
		if (!take(&after, STR("</td>\n")))
			return;
	}
	if (!take(&after, STR("</tr>")))
		return;
	buf_truncate(out, from);
	*rest = after;
}

static void
put_mark(struct str mark, char kind, struct str *rest, struct buf *out)
{
	if (kind == WORD_LINE)
		unwrap_line(rest, out);
	else if (kind == WORD_ROW)
		unwrap_row(rest, out);
	buf_str(out, mark);
}

/* A brace of the text that would open a mark with what follows it. */
static bool
opens_mark(const struct markdown_marks *m, struct str s)
{
	struct str ignored;
	char kind;

	return s.p[0] == '{' && s.n > 1 &&
	       (s.p[1] == '{' || s.p[1] == '%' ||
		   read_word(m, str_from(s, 1), &ignored, &kind) > 0);
}

void
markdown_marks_restore(const struct markdown_marks *m, struct str html,
    struct buf *out)
{
	struct str mark;
	size_t n;
	char kind;

	while (html.n > 0) {
		n = html.p[0] == m->word[0] ? read_word(m, html, &mark, &kind)
					    : 0;
		if (n > 0) {
			html = str_from(html, n);
			put_mark(mark, kind, &html, out);
			continue;
		}
		if (opens_mark(m, html))
			buf_puts(out, "&#123;");
		else
			buf_char(out, html.p[0]);
		html = str_from(html, 1);
	}
}
