#include "lib/mail/crlf_writer.h"

void
crlf_writer_begin(struct crlf_writer *w, struct buf *out)
{
	*w = (struct crlf_writer){.out = out};
}

/* Octets before the next CR or LF. */
static size_t
line_length(struct str text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] != '\r' && text.p[n] != '\n')
		n++;
	return n;
}

void
crlf_writer_text(struct crlf_writer *w, struct str text)
{
	size_t n;

	if (text.n == 0)
		return;
	if (w->cr && text.p[0] == '\n')
		text = str_from(text, 1);
	w->cr = false;
	while (text.n > 0) {
		n = line_length(text);
		buf_add(w->out, text.p, n);
		text = str_from(text, n);
		if (text.n == 0)
			break;
		buf_add(w->out, "\r\n", 2);
		w->cr = text.n == 1 && text.p[0] == '\r';
		text = str_from(text, str_starts(text, STR("\r\n")) ? 2 : 1);
	}
}

void
crlf_writer_ready(struct crlf_writer *w, struct str raw, struct str lines)
{
	if (raw.n == 0)
		return;
	if (w->cr && raw.p[0] == '\n') {
		crlf_writer_text(w, raw);
		return;
	}
	buf_str(w->out, lines);
	w->cr = raw.p[raw.n - 1] == '\r';
}

struct str
crlf_ready(struct str raw, struct arena *a)
{
	struct crlf_writer w;
	struct buf out;
	struct str lines;

	buf_init(&out, 2 * raw.n);
	crlf_writer_begin(&w, &out);
	crlf_writer_text(&w, raw);
	lines = arena_dup(a, buf_view(&out));
	buf_release(&out);
	return lines;
}
