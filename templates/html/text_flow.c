#include "templates/html/text_flow.h"

#include "templates/html/html_tag.h"
#include "templates/html/text_part.h"
#include "templates/liquid/liquid_scan.h"

enum role {
	ROLE_WORD = 0, /* prints */
	ROLE_SILENT,
	ROLE_COMMENT, /* left out */
	ROLE_RAW,
	ROLE_OPEN,
	ROLE_BETWEEN,
	ROLE_END,
};

static const struct {
	struct str name;
	enum role role;
	enum flow_block block; /* of ROLE_OPEN */
} tags[] = {
    {STR("#"), ROLE_COMMENT, FLOW_BRANCHES},
    {STR("abort_message"), ROLE_SILENT, FLOW_BRANCHES},
    {STR("assign"), ROLE_SILENT, FLOW_BRANCHES},
    {STR("break"), ROLE_SILENT, FLOW_BRANCHES},
    {STR("capture"), ROLE_OPEN, FLOW_CAPTURE},
    {STR("case"), ROLE_OPEN, FLOW_BRANCHES},
    {STR("comment"), ROLE_COMMENT, FLOW_BRANCHES},
    {STR("continue"), ROLE_SILENT, FLOW_BRANCHES},
    {STR("doc"), ROLE_COMMENT, FLOW_BRANCHES},
    {STR("else"), ROLE_BETWEEN, FLOW_BRANCHES},
    {STR("elsif"), ROLE_BETWEEN, FLOW_BRANCHES},
    {STR("for"), ROLE_OPEN, FLOW_LOOP},
    {STR("if"), ROLE_OPEN, FLOW_BRANCHES},
    {STR("ifchanged"), ROLE_OPEN, FLOW_BRANCHES},
    {STR("raw"), ROLE_RAW, FLOW_BRANCHES},
    {STR("tablerow"), ROLE_OPEN, FLOW_LOOP},
    {STR("unless"), ROLE_OPEN, FLOW_BRANCHES},
    {STR("when"), ROLE_BETWEEN, FLOW_BRANCHES},
    {STR("endcapture"), ROLE_END, FLOW_CAPTURE},
    {STR("endcase"), ROLE_END, FLOW_BRANCHES},
    {STR("endfor"), ROLE_END, FLOW_LOOP},
    {STR("endif"), ROLE_END, FLOW_BRANCHES},
    {STR("endifchanged"), ROLE_END, FLOW_BRANCHES},
    {STR("endtablerow"), ROLE_END, FLOW_LOOP},
    {STR("endunless"), ROLE_END, FLOW_BRANCHES},
};

#define HELD_MAX (2U << 20)

static enum gap
larger(enum gap a, enum gap b)
{
	return a > b ? a : b;
}

static int
lines(enum gap gap)
{
	return gap > GAP_BLANK ? gap - GAP_BLANK : 0;
}

/* What is missing to `want` where `have` stands already. */
static enum gap
missing(enum gap want, enum gap have)
{
	if (want <= have)
		return GAP_NONE;
	return want == GAP_BLANK
		   ? GAP_BLANK
		   : (enum gap)(GAP_BLANK + lines(want) - lines(have));
}

static void
put_gap(struct text_flow *f, enum gap gap)
{
	if (gap == GAP_BLANK)
		buf_char(f->out, ' ');
	else
		buf_str(f->out, str_sub(STR("\n\n"), 0, (size_t)lines(gap)));
}

void
text_flow_init(struct text_flow *f, struct buf *out)
{
	*f = (struct text_flow){.out = out, .have = GAP_PARAGRAPH};
	buf_init(&f->held, HELD_MAX);
}

/* A branch that ends with what `closed_want` asks for, and one that was not
 * taken, meet; `f->want` is what is asked for behind. */
static void
meet(struct text_flow *f)
{
	const struct text_flow_open *o = &f->closed;
	enum gap end = larger(f->closed_want, f->closed_have), other = o->least;

	if (!o->has_else && o->have < other)
		other = o->have;
	end = missing(larger(end, f->want), missing(f->want, other));
	put_gap(f, missing(end, f->closed_have));
	f->have = other;
}

/* From the end of a round to the next, and out of the loop. */
static void
leave_loop(struct text_flow *f)
{
	const struct text_flow_open *o = &f->closed;
	enum gap end = larger(f->closed_want, f->closed_have);
	enum gap round =
	    missing(larger(o->first, end), missing(o->first, o->have));

	put_gap(f, missing(round, f->closed_have));
	f->have = larger(round, f->closed_have);
	f->want = larger(f->want, end);
}

/* What follows the end of a block is known now. */
static void
release(struct text_flow *f)
{
	if (!f->is_held)
		return;
	f->is_held = false;
	if (f->closed.kind == FLOW_LOOP && !f->closed.has_else)
		leave_loop(f);
	else if (f->closed.kind != FLOW_CAPTURE)
		meet(f);
	buf_str(f->out, buf_view(&f->held));
	buf_reset(&f->held);
}

/* Something of a loop comes for the first time. */
static void
begin_round(struct text_flow *f)
{
	struct text_flow_open *o;

	if (f->depth == 0)
		return;
	o = &f->open[f->depth - 1];
	if (o->kind == FLOW_LOOP && !o->begun) {
		o->first = f->want;
		o->begun = true;
	}
}

static void
settle(struct text_flow *f)
{
	release(f);
	begin_round(f);
	put_gap(f, missing(f->want, f->have));
	f->have = larger(f->have, f->want);
	f->want = GAP_NONE;
}

void
text_flow_want(struct text_flow *f, enum gap gap)
{
	f->want = larger(f->want, gap);
}

/* A brace that was literal must not make a mark with what follows it. */
static void
part_braces(struct text_flow *f, struct str next)
{
	struct buf *out = f->out;

	if (out->n == 0 || out->p[out->n - 1] != '{' || next.n == 0 ||
	    (next.p[0] != '{' && next.p[0] != '%'))
		return;
	buf_truncate(out, out->n - 1);
	buf_puts(out, "{{ '{' }}");
}

void
text_flow_word(struct text_flow *f, struct str word)
{
	if (word.n == 0)
		return;
	settle(f);
	buf_str(f->out, word);
	f->have = GAP_NONE;
	f->strip = false;
}

void
text_flow_led(struct text_flow *f)
{
	f->have = GAP_PARAGRAPH;
}

void
text_flow_literal(struct text_flow *f, struct str text)
{
	if (text.n == 0)
		return;
	settle(f);
	part_braces(f, text);
	text_flow_word(f, text);
}

void
text_flow_finish(struct text_flow *f)
{
	/* Nothing follows a branch here; rounds of a loop do one another. */
	if (f->is_held && f->closed.kind != FLOW_LOOP)
		f->closed.kind = FLOW_CAPTURE;
	release(f);
	if (f->out->n > 0)
		buf_char(f->out, '\n');
	buf_release(&f->held);
}

/* ---- marks ---- */

static size_t
find_tag(struct str name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(tags); i++)
		if (str_eq(name, tags[i].name))
			break;
	return i;
}

static enum role
role_of(const struct liquid_piece *piece, size_t row)
{
	if (piece->kind != PIECE_TAG)
		return ROLE_WORD;
	if (str_eq(piece->name, STR("liquid")) &&
	    str_find(piece->body, STR("echo")) == STR_NOWHERE)
		return ROLE_SILENT;
	return row < ARRAY_LEN(tags) ? tags[row].role : ROLE_WORD;
}

/* Without its whitespace control. */
static void
put_mark(struct buf *out, const struct liquid_piece *piece)
{
	bool tag = piece->kind == PIECE_TAG;

	buf_puts(out, tag ? "{% " : "{{ ");
	buf_str(out, piece->name);
	buf_str(out, tag ? piece->body : str_trim(piece->body));
	if (!str_ends(buf_view(out), STR(" ")))
		buf_char(out, ' ');
	buf_puts(out, tag ? "%}" : "}}");
}

static void
open_block(struct text_flow *f, const struct liquid_piece *piece,
    enum flow_block kind)
{
	enum gap want = f->want;

	if (f->depth == TEXT_FLOW_DEPTH_MAX)
		f->beyond++;
	else if (kind != FLOW_CAPTURE)
		settle(f);
	else
		release(f);
	if (f->beyond == 0)
		f->open[f->depth++] = (struct text_flow_open){
		    .kind = kind,
		    .have = f->have,
		    .want = want,
		    .least = GAP_PARAGRAPH,
		    .is_case = str_eq(piece->name, STR("case")),
		};
	if (kind == FLOW_CAPTURE) {
		f->have = GAP_PARAGRAPH;
		f->want = GAP_NONE;
	}
	put_mark(f->out, piece);
}

/* One branch ends, the next begins where the block did. */
static void
next_branch(struct text_flow *f, const struct liquid_piece *piece)
{
	struct text_flow_open *o =
	    f->depth > 0 && f->beyond == 0 ? &f->open[f->depth - 1] : NULL;
	bool first = o != NULL && o->is_case && !o->begun;

	if (first) /* what stands before it is never shown */
		f->want = GAP_NONE;
	settle(f);
	put_mark(f->out, piece);
	if (o == NULL)
		return;
	if (!first && f->have < o->least)
		o->least = f->have;
	o->begun = true;
	o->has_else = o->has_else || str_eq(piece->name, STR("else"));
	f->have = o->have;
}

static void
close_block(struct text_flow *f, const struct liquid_piece *piece)
{
	struct text_flow_open *o;

	release(f);
	if (f->beyond > 0 || f->depth == 0) {
		f->beyond -= f->beyond > 0;
		put_mark(f->out, piece);
		return;
	}
	begin_round(f);
	o = &f->open[--f->depth];
	f->closed = *o;
	f->closed_want = f->want;
	f->closed_have = f->have;
	f->want = GAP_NONE;
	if (o->kind == FLOW_CAPTURE) {
		f->have = o->have;
		f->want = o->want;
	}
	f->is_held = true;
	put_mark(&f->held, piece);
}

/* What {% raw %} keeps from Liquid is HTML all the same. */
static void
put_raw(struct text_flow *f, struct str mark)
{
	struct str inner = str_from(mark, str_find(mark, STR("%}")) + 2);
	struct buf text;

	while (
	    inner.n > 0 && !str_starts(str_from(inner, inner.n - 1), STR("{")))
		inner.n--;
	inner.n -= inner.n > 0;
	buf_init(&text, mark.n + 1);
	text_of_html(&text, inner);
	settle(f);
	text_flow_word(f, STR("{% raw %}"));
	text_flow_word(f, str_trim(buf_view(&text)));
	text_flow_word(f, STR("{% endraw %}"));
	buf_release(&text);
}

static void
put_role(struct text_flow *f, struct str mark, const struct liquid_piece *piece,
    enum role role)
{
	switch (role) {
	case ROLE_RAW: put_raw(f, mark); break;
	case ROLE_OPEN:
		open_block(f, piece, tags[find_tag(piece->name)].block);
		break;
	case ROLE_BETWEEN: next_branch(f, piece); break;
	case ROLE_END: close_block(f, piece); break;
	case ROLE_SILENT:
		put_mark(f->is_held ? &f->held : f->out, piece);
		break;
	case ROLE_COMMENT: break;
	case ROLE_WORD:
		settle(f);
		put_mark(f->out, piece);
		f->have = GAP_NONE;
		break;
	}
}

/* The mark as a piece; what nothing closes is no mark. */
static bool
read_mark(struct str mark, struct liquid_piece *piece)
{
	struct liquid_scan scan;

	liquid_scan_init(&scan, mark);
	liquid_scan_next(&scan, piece);
	return piece->kind == PIECE_TAG || piece->kind == PIECE_OUTPUT;
}

void
text_flow_mark(struct text_flow *f, struct str mark)
{
	struct liquid_piece piece;

	if (!read_mark(mark, &piece))
		return;
	if (mark.p[2] == '-' && f->want == GAP_BLANK)
		f->want = GAP_NONE;
	part_braces(f, mark);
	put_role(f, mark, &piece, role_of(&piece, find_tag(piece.name)));
	f->strip = mark.p[mark.n - 3] == '-';
}

bool
text_flow_prints(struct str mark)
{
	struct liquid_piece piece;
	enum role role;

	if (!read_mark(mark, &piece))
		return false;
	role = role_of(&piece, find_tag(piece.name));
	return role == ROLE_WORD || role == ROLE_RAW;
}

struct marks {
	bool whole; /* what is opened is closed, and the other way round */
	bool keeps; /* something for later: variables */
};

static struct marks
marks_in(struct str bytes)
{
	struct marks found = {.keeps = false};
	struct liquid_piece piece;
	size_t i = 0, n;
	int depth = 0;
	enum role role;

	for (; i < bytes.n && depth >= 0; i += n > 0 ? n : 1) {
		n = bytes.p[i] == '{' ? liquid_mark(str_from(bytes, i)) : 0;
		if (n == 0 || !read_mark(str_sub(bytes, i, n), &piece))
			continue;
		role = role_of(&piece, find_tag(piece.name));
		if (role == ROLE_SILENT || str_eq(piece.name, STR("capture")))
			found.keeps = true;
		depth += role == ROLE_OPEN ? 1 : role == ROLE_END ? -1 : 0;
		if (role == ROLE_BETWEEN && depth == 0)
			depth = -1;
	}
	found.whole = depth == 0;
	return found;
}

bool
text_flow_is_whole(struct str bytes)
{
	return str_chr(bytes, '{') == STR_NOWHERE || marks_in(bytes).whole;
}

void
text_flow_hidden(struct text_flow *f, struct str bytes)
{
	struct liquid_piece piece;
	size_t i = 0, n;

	struct marks found;

	if (str_chr(bytes, '{') == STR_NOWHERE)
		return;
	found = marks_in(bytes);
	if (found.whole && !found.keeps)
		return;
	for (; i<bytes.n; i += n> 0 ? n : 1) {
		n = bytes.p[i] == '{' ? liquid_mark(str_from(bytes, i)) : 0;
		if (n > 0 && read_mark(str_sub(bytes, i, n), &piece) &&
		    role_of(&piece, find_tag(piece.name)) != ROLE_WORD)
			text_flow_mark(f, str_sub(bytes, i, n));
	}
}
