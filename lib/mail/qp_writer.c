#include "lib/mail/qp_writer.h"

#define QP_LINE 76
#define QP_ROOM (QP_LINE - 1) /* a soft break's '=' may have to follow */

static const char hex_upper[] = "0123456789ABCDEF";

/* Octets that may stand for themselves; not every one does everywhere. */
static const bool literal[256] = {
    ['\t'] = true,
    [' ' ... '<'] = true,
    ['>'] = true,
    ['?' ... '~'] = true,
};

void
qp_writer_begin(struct qp_writer *w, struct buf *out)
{
	*w = (struct qp_writer){.out = out};
}

/* Room for `width` octets and the '=' of a soft break after them. */
static void
make_room(struct qp_writer *w, size_t width)
{
	if (w->column + width <= QP_ROOM)
		return;
	buf_add(w->out, "=\r\n", 3);
	w->column = 0;
}

static void
put_encoded(struct qp_writer *w, char c)
{
	const char octet[] = {'=', hex_upper[(unsigned char)c >> 4],
	    hex_upper[(unsigned char)c & 15]};

	make_room(w, sizeof(octet));
	buf_add(w->out, octet, sizeof(octet));
	w->column += sizeof(octet);
}

/* A blank cannot stand where a line ends. */
static void
seal(struct qp_writer *w)
{
	struct buf *out = w->out;
	char c = w->column > 0 && out->n > 0 ? out->p[out->n - 1] : '\0';

	if ((c != ' ' && c != '\t') || out->full)
		return;
	buf_truncate(out, out->n - 1);
	w->column--;
	put_encoded(w, c);
}

static void
hard_break(struct qp_writer *w)
{
	seal(w);
	buf_add(w->out, "\r\n", 2);
	w->column = 0;
}

/* A '.' there would be stuffed, or end the message for a careless server;
 * "From " would be quoted by mbox writers.  Its end may still be to come. */
static bool
bad_line_start(struct str rest)
{
	static const char from[] = "From ";
	size_t n = rest.n < sizeof(from) - 1 ? rest.n : sizeof(from) - 1;

	return rest.p[0] == '.' || memcmp(rest.p, from, n) == 0;
}

/* Puts what can stand as it is and fits the line; how much that was. */
static size_t
put_literal(struct qp_writer *w, struct str in)
{
	size_t n = 0, room = QP_ROOM - w->column;

	if (w->column == 0 && bad_line_start(in))
		return 0;
	if (in.n < room)
		room = in.n;
	while (n < room && literal[(unsigned char)in.p[n]])
		n++;
	buf_add(w->out, in.p, n);
	w->column += n;
	return n;
}

/* Octets of a CRLF, LF or bare CR at the start of text, or 0. */
static size_t
any_line_end(struct str text)
{
	if (text.p[0] == '\n')
		return 1;
	if (text.p[0] != '\r')
		return 0;
	return text.n > 1 && text.p[1] == '\n' ? 2 : 1;
}

void
qp_writer_text(struct qp_writer *w, struct str in)
{
	size_t n;

	if (in.n == 0)
		return;
	if (w->cr && in.p[0] == '\n')
		in = str_from(in, 1);
	w->cr = false;
	while (in.n > 0) {
		n = any_line_end(in);
		if (n > 0) {
			hard_break(w);
			w->cr = n == 1 && in.n == 1 && in.p[0] == '\r';
			in = str_from(in, n);
			continue;
		}
		make_room(w, 1);
		n = put_literal(w, in);
		if (n == 0) {
			put_encoded(w, in.p[0]);
			n = 1;
		}
		in = str_from(in, n);
	}
}

void
qp_writer_ready(struct qp_writer *w, const struct qp_ready *ready)
{
	if (ready->raw.n == 0)
		return;
	if (w->cr && ready->raw.p[0] == '\n') {
		qp_writer_text(w, ready->raw);
		return;
	}
	if (ready->first == 0)
		seal(w);
	if (w->column > 0 && w->column + ready->first > QP_ROOM) {
		buf_add(w->out, "=\r\n", 3);
		w->column = 0;
	}
	buf_str(w->out, ready->encoded);
	w->column = ready->one_line ? w->column + ready->column : ready->column;
	w->cr = ready->raw.p[ready->raw.n - 1] == '\r';
}

void
qp_writer_end(struct qp_writer *w)
{
	seal(w);
	w->cr = false;
}

void
qp_ready_make(struct qp_ready *ready, struct str raw, struct arena *a)
{
	struct qp_writer w;
	struct buf out;
	size_t first;

	buf_init(&out, 4 * raw.n + 4);
	qp_writer_begin(&w, &out);
	qp_writer_text(&w, raw);
	first = str_find(buf_view(&out), STR("\r\n"));
	*ready = (struct qp_ready){
	    .raw = raw,
	    .encoded = arena_dup(a, buf_view(&out)),
	    .first = first == STR_NOWHERE ? out.n : first,
	    .column = w.column,
	    .one_line = first == STR_NOWHERE,
	};
	buf_release(&out);
}
