#include "templates/mime_text.h"

#include "lib/mail/crlf_writer.h"
#include "lib/mail/qp_writer.h"
#include "lib/mail/transfer.h"

/* Shorter ones are encoded as fast as they are found. */
#define PIECE_MIN 8
/* "From " and "--=_" are seen whole that many bytes before an end. */
#define LOOK 5

/* What decides about the encoding. */
struct census {
	size_t wide;    /* bytes over 127 */
	size_t control; /* that are neither blanks nor line ends */
	size_t equals;  /* '=' */
	size_t octets;  /* with CRLF at each of them */
	bool risky;     /* a line begins with what should not be there */
	bool long_line; /* one is too long for sure */
};

struct mime_piece {
	struct qp_ready qp;
	struct str lines;
	struct census census;
};

/* A piece that was found in the rendered text. */
struct place {
	size_t at;
	const struct mime_piece *piece;
};

struct places {
	const struct mime_text *text;
	struct place *at;
	size_t n;
	struct census census;
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

/* Line ends that are counted: CRLF, LF, CR. */
static size_t
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
	return lines;
}

/* The text between two pieces, and what the pieces could not see of the
 * lines at their ends. */
static void
count_gap(struct census *c, struct str raw, size_t from, size_t to)
{
	size_t i, n, lines = 0;

	for (i = from; i < to; i += n) {
		n = to - i < KIND_MAX ? to - i : KIND_MAX;
		lines += count_text(c, str_sub(raw, i, n));
	}
	c->risky = c->risky ||
		   has_risky_line(raw, from > LOOK ? from - LOOK : 0,
		       lines > 0 ? to : from) ||
		   has_risky_line(raw, to, to);
}

static void
count_piece(struct census *c, const struct census *piece)
{
	c->wide += piece->wide;
	c->control += piece->control;
	c->equals += piece->equals;
	c->octets += piece->octets;
	c->risky = c->risky || piece->risky;
	c->long_line = c->long_line || piece->long_line;
}

/* ---- once a campaign ---- */

struct making {
	struct mime_program *program;
	struct arena *arena;
};

static void
make_piece(uint32_t number, struct str raw, void *arg)
{
	struct making *m = arg;
	struct mime_piece *piece;

	if (raw.n < PIECE_MIN)
		return;
	piece = ARENA_NEW(m->arena, struct mime_piece);
	qp_ready_make(&piece->qp, raw, m->arena);
	piece->lines = crlf_ready(raw, m->arena);
	count_gap(&piece->census, raw, 0, raw.n);
	/* at its ends the whole text decides */
	piece->census.risky = has_risky_line(raw, 1, raw.n - LOOK);
	piece->census.long_line = !lines_fit(piece->lines);
	m->program->pieces[number] = piece;
}

void
mime_program_make(struct mime_program *program, const struct liquid *liquid,
    struct arena *a)
{
	struct making m = {program, a};

	program->count = liquid_text_count(liquid);
	program->pieces =
	    ARENA_ARRAY(a, const struct mime_piece *, program->count);
	liquid_texts(liquid, make_piece, &m);
}

/* ---- per recipient ---- */

static bool
stands_at(const struct mime_piece *piece, struct str raw, size_t at)
{
	struct str text = piece->qp.raw;

	return text.n <= raw.n - at && memcmp(raw.p + at, text.p, text.n) == 0;
}

static void
find_places(struct places *p, struct arena *a)
{
	const struct liquid_trace *trace = p->text->trace;
	const struct mime_program *program = p->text->program;
	const struct mime_piece *piece;
	struct str raw = p->text->raw;
	size_t i, at, end = 0;

	p->at = arena_alloc(a, (trace->n + 1) * sizeof(*p->at));
	for (i = 0; i < trace->n; i++) {
		piece = program->pieces[trace->notes[i].text];
		at = trace->notes[i].at;
		if (piece == NULL || at < end || at > raw.n ||
		    !stands_at(piece, raw, at))
			continue;
		count_gap(&p->census, raw, end, at);
		count_piece(&p->census, &piece->census);
		p->at[p->n++] = (struct place){at, piece};
		end = at + piece->qp.raw.n;
	}
	count_gap(&p->census, raw, end, raw.n);
}

static void
put_lines(struct buf *out, const struct places *p)
{
	struct str raw = p->text->raw;
	struct crlf_writer w;
	size_t i, end = 0;

	crlf_writer_begin(&w, out);
	for (i = 0; i < p->n; i++) {
		const struct mime_piece *piece = p->at[i].piece;

		crlf_writer_text(&w, str_sub(raw, end, p->at[i].at - end));
		crlf_writer_ready(&w, piece->qp.raw, piece->lines);
		end = p->at[i].at + piece->qp.raw.n;
	}
	crlf_writer_text(&w, str_from(raw, end));
}

static void
put_qp(struct buf *out, const struct places *p)
{
	struct str raw = p->text->raw;
	struct qp_writer w;
	size_t i, end = 0;

	qp_writer_begin(&w, out);
	for (i = 0; i < p->n; i++) {
		const struct mime_piece *piece = p->at[i].piece;

		qp_writer_text(&w, str_sub(raw, end, p->at[i].at - end));
		qp_writer_ready(&w, &piece->qp);
		end = p->at[i].at + piece->qp.raw.n;
	}
	qp_writer_text(&w, str_from(raw, end));
	qp_writer_end(&w);
}

static void
put_base64(struct buf *out, const struct places *p)
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

/* False: it has to be encoded; nothing is written then. */
static bool
put_as_it_is(struct buf *out, const struct places *p, bool eight_bit)
{
	const struct census *c = &p->census;
	size_t start = out->n, content;

	if (c->risky || c->long_line || c->control > 0 ||
	    (c->wide > 0 && !eight_bit))
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
put_if_qp(struct buf *out, const struct places *p)
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
mime_text_put(struct buf *out, const struct mime_text *text, bool eight_bit,
    struct arena *a)
{
	struct places p = {.text = text};

	find_places(&p, a);
	if (!put_as_it_is(out, &p, eight_bit) && !put_if_qp(out, &p)) {
		put_fields(out, text->type, "base64");
		put_base64(out, &p);
	}
}
