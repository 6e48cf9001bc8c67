#include "templates/mime_text.h"

#include "lib/mail/crlf_writer.h"
#include "lib/mail/qp_writer.h"
#include "lib/mail/transfer.h"

/* Shorter ones are encoded as fast as they are found. */
#define PIECE_MIN 8
/* "From " and "--=_" are seen whole that many bytes before an end. */
#define LOOK 5
/* Of a longer text the brief is its two ends. */
#define EDGE ((size_t)LOOK + 1)

/* What decides about the encoding. */
struct census {
	size_t wide;    /* bytes over 127 */
	size_t control; /* that are neither blanks nor line ends */
	size_t equals;  /* '=' */
	size_t octets;  /* with CRLF at each of them */
	bool long_line; /* one is too long for sure */
};

struct mime_piece {
	struct qp_ready qp;
	struct str lines, brief;
	struct census census;
	bool risky; /* a line in it begins with what should not be there */
};

/* ---- census ---- */

static bool
lines_fit(struct str text)
{
	const char *end;

	while (text.n > MIME_LINE_MAX) {
		end = memrchr(text.p, '\n', MIME_LINE_MAX);
		if (end == NULL)
			return false;
		text = str_from(text, (size_t)(end + 1 - text.p));
	}
	return true;
}

static bool
is_risky(struct str line)
{
	return str_starts(line, STR(".")) || str_starts(line, STR("From ")) ||
	       str_starts(line, STR("--" MIME_BOUNDARY_START));
}

static bool
begins_line(struct str raw, size_t i)
{
	return i == 0 || raw.p[i - 1] == '\n' || raw.p[i - 1] == '\r';
}

/* Looks at the line starts from `from` to `to`. */
static bool
has_risky_line(struct str raw, size_t from, size_t to)
{
	size_t i;

	for (i = from; i <= to && i < raw.n; i++)
		if (begins_line(raw, i) && is_risky(str_from(raw, i)))
			return true;
	return false;
}

/* Bytes of five kinds are counted in one sum, twelve bits a kind. */
#define KIND_BITS  12
#define KIND_MAX   ((1U << KIND_BITS) - 1)
#define ONE(kind)  ((uint64_t)1 << (kind)*KIND_BITS)
#define SUM(n, of) ((n) >> (of)*KIND_BITS & KIND_MAX)

enum kind {
	KIND_WIDE = 0,
	KIND_CONTROL,
	KIND_EQUALS,
	KIND_CR,
	KIND_LF,
};

static const uint64_t kinds[256] = {
    [0 ... '\t' - 1] = ONE(KIND_CONTROL),
    ['\n'] = ONE(KIND_LF),
    ['\v' ... '\f'] = ONE(KIND_CONTROL),
    ['\r'] = ONE(KIND_CR),
    ['\r' + 1 ... ' ' - 1] = ONE(KIND_CONTROL),
    ['='] = ONE(KIND_EQUALS),
    [0x7f] = ONE(KIND_CONTROL),
    [0x80 ... 0xff] = ONE(KIND_WIDE),
};

static uint64_t
sum_kinds(struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < text.n; i++)
		sum += kinds[p[i]];
	return sum;
}

static size_t
count_crlf(struct str text)
{
	size_t n = 0, at;

	while ((at = str_find(text, STR("\r\n"))) != STR_NOWHERE) {
		text = str_from(text, at + 2);
		n++;
	}
	return n;
}

static void
count_text(struct census *c, struct str text)
{
	uint64_t sum = sum_kinds(text);
	size_t breaks = SUM(sum, KIND_CR) + SUM(sum, KIND_LF), lines = breaks;

	if (SUM(sum, KIND_CR) > 0)
		lines -= count_crlf(text);
	c->wide += SUM(sum, KIND_WIDE);
	c->control += SUM(sum, KIND_CONTROL);
	c->equals += SUM(sum, KIND_EQUALS);
	c->octets += text.n - breaks + 2 * lines;
}

static void
count_gap(struct census *c, struct str gap)
{
	size_t i;

	for (i = 0; i < gap.n; i += KIND_MAX)
		count_text(c, str_sub(gap, i, KIND_MAX));
}

static void
count_piece(struct census *c, const struct census *piece)
{
	c->wide += piece->wide;
	c->control += piece->control;
	c->equals += piece->equals;
	c->octets += piece->octets;
	c->long_line = c->long_line || piece->long_line;
}

/* ---- once a campaign ---- */

struct making {
	struct mime_program *program;
	struct arena *arena;
};

static struct str
brief_of(struct str raw, struct arena *a)
{
	if (raw.n <= 2 * EDGE)
		return raw;
	return ARENA_JOIN(a, str_sub(raw, 0, EDGE),
	    str_from(raw, raw.n - EDGE));
}

static void
make_piece(uint32_t number, struct str raw, bool stays, void *arg)
{
	struct making *m = arg;
	struct mime_piece *piece;

	if (!stays || raw.n < PIECE_MIN)
		return;
	piece = ARENA_NEW(m->arena, struct mime_piece);
	qp_ready_make(&piece->qp, raw, m->arena);
	piece->lines = crlf_ready(raw, m->arena);
	piece->brief = brief_of(raw, m->arena);
	count_gap(&piece->census, raw);
	/* at its ends the whole text decides */
	piece->risky = has_risky_line(raw, 1, raw.n - LOOK);
	piece->census.long_line = !lines_fit(piece->lines);
	m->program->pieces[number] = piece;
	m->program->briefs[number] = piece->brief;
}

void
mime_program_make(struct mime_program *program, const struct liquid *liquid,
    struct arena *a)
{
	uint32_t n = liquid_text_count(liquid);
	struct making m = {program, a};

	program->pieces = ARENA_ARRAY(a, const struct mime_piece *, n);
	program->briefs = ARENA_ARRAY(a, struct str, n);
	liquid_texts(liquid, make_piece, &m);
}

/* ---- per recipient ---- */

/* One rendered text on its way into a message. */
struct putting {
	const struct mime_text *text;
	struct census census;
};

/* Steps from piece to piece: what stands before it, and the piece; NULL:
 * none, it is the end. */
struct step {
	size_t number, from, to, next; /* offsets in the rendered text */
	const struct mime_piece *piece;
};

static bool
step_on(struct step *s, const struct mime_text *text)
{
	const struct liquid_note *note = &text->trace->notes[s->number];
	size_t count = text->trace->n;

	if (s->number > count)
		return false;
	s->from = s->next;
	s->to = text->raw.n;
	s->piece = NULL;
	if (s->number++ == count)
		return true;
	s->to = note->at;
	s->piece = text->program->pieces[note->text];
	s->next = s->to + s->piece->brief.n;
	return true;
}

static struct str
before(const struct step *s, const struct mime_text *text)
{
	return str_sub(text->raw, s->from, s->to - s->from);
}

/* What the pieces alone are, and how long all of it is at least. */
static void
count_pieces(struct putting *p)
{
	const struct liquid_trace *trace = p->text->trace;
	const struct mime_piece *piece;
	size_t i, briefs = 0;

	for (i = 0; i < trace->n; i++) {
		piece = p->text->program->pieces[trace->notes[i].text];
		count_piece(&p->census, &piece->census);
		briefs += piece->brief.n;
	}
	p->census.octets += p->text->raw.n - briefs;
}

static void
count_gaps(struct putting *p)
{
	struct step s = {0};

	while (step_on(&s, p->text)) {
		p->census.octets -= s.to - s.from;
		count_gap(&p->census, before(&s, p->text));
	}
}

/* A line begins with what should not be there: in a piece, in what stands
 * between two, or at their ends. */
static bool
is_risky_text(const struct mime_text *text)
{
	struct step s = {0};

	while (step_on(&s, text))
		if ((s.piece != NULL && s.piece->risky) ||
		    has_risky_line(text->raw, s.from > LOOK ? s.from - LOOK : 0,
			s.to))
			return true;
	return false;
}

static void
put_lines(struct buf *out, const struct putting *p)
{
	struct crlf_writer w;
	struct step s = {0};

	crlf_writer_begin(&w, out);
	while (step_on(&s, p->text)) {
		crlf_writer_text(&w, before(&s, p->text));
		if (s.piece != NULL)
			crlf_writer_ready(&w, s.piece->qp.raw, s.piece->lines);
	}
}

static void
put_qp(struct buf *out, const struct putting *p)
{
	struct qp_writer w;
	struct step s = {0};

	qp_writer_begin(&w, out);
	while (step_on(&s, p->text)) {
		qp_writer_text(&w, before(&s, p->text));
		if (s.piece != NULL)
			qp_writer_ready(&w, &s.piece->qp);
	}
	qp_writer_end(&w);
}

static void
put_base64(struct buf *out, const struct putting *p)
{
	struct buf lines;

	buf_init(&lines, p->census.octets + 2);
	put_lines(&lines, p);
	base64_lines(out, buf_view(&lines));
	buf_truncate(out, out->n - (lines.n > 0 && !out->full ? 2 : 0));
	buf_release(&lines);
}

static void
put_fields(struct buf *out, const char *type, const char *encoding)
{
	buf_puts(out, "Content-Type: ");
	buf_puts(out, type);
	buf_puts(out, "; charset=utf-8\r\nContent-Transfer-Encoding: ");
	buf_puts(out, encoding);
	buf_puts(out, "\r\n\r\n");
}

static bool
must_encode(const struct census *c, bool eight_bit)
{
	return c->long_line || c->control > 0 || (c->wide > 0 && !eight_bit);
}

/* False: it has to be encoded; nothing is written then. */
static bool
put_as_it_is(struct buf *out, const struct putting *p, bool eight_bit)
{
	const struct census *c = &p->census;
	size_t start = out->n, content;

	if (must_encode(c, eight_bit) || is_risky_text(p->text))
		return false;
	put_fields(out, p->text->type, c->wide > 0 ? "8bit" : "7bit");
	content = out->n;
	put_lines(out, p);
	if (lines_fit(str_from(buf_view(out), content)))
		return true;
	buf_truncate(out, start);
	return false;
}

/* Octets that base64 takes, with its line ends. */
static size_t
base64_size(size_t n)
{
	return (n + 2) / 3 * 4 + 2 * ((n + 56) / 57);
}

/* False: base64 is smaller; nothing is written then. */
static bool
put_if_qp(struct buf *out, const struct putting *p)
{
	const struct census *c = &p->census;
	size_t other = base64_size(c->octets), start = out->n, content;

	if (c->octets + 2 * (c->wide + c->control + c->equals) > other)
		return false; /* without its soft breaks even */
	put_fields(out, p->text->type, "quoted-printable");
	content = out->n;
	put_qp(out, p);
	if (out->n - content <= other)
		return true;
	buf_truncate(out, start);
	return false;
}

void
mime_text_put(struct buf *out, const struct mime_text *text, bool eight_bit)
{
	struct putting p = {.text = text};

	count_pieces(&p);
	if (must_encode(&p.census, eight_bit) && put_if_qp(out, &p))
		return; /* whatever stands between the pieces */
	count_gaps(&p);
	if (!put_as_it_is(out, &p, eight_bit) && !put_if_qp(out, &p)) {
		put_fields(out, text->type, "base64");
		put_base64(out, &p);
	}
}
