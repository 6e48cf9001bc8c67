/*
 * qp_writer.h - quoted-printable written in pieces (RFC 2045, 6.7).
 *
 * A text that is the same in many messages is encoded once (qp_ready); in
 * each message it is copied behind what varies:
 *
 *   Dear =C2=A0{{ name }}, we have ...          ready, text, ready
 *
 * What was encoded begins at the start of a line.  It is copied to where the
 * line has got to when its own first line fits there, and behind a soft break
 * otherwise, so that no line passes 76 and nothing is encoded again.
 *
 * Line ends of any kind (CRLF, LF, bare CR) become CRLF.  Blanks at line
 * ends, '=', controls, 8-bit bytes, and '.' and "From " at line starts are
 * encoded (S-012, X-001).
 */
#ifndef MAIL_QP_WRITER_H
#define MAIL_QP_WRITER_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"

struct qp_writer {
	struct buf *out;
	size_t column; /* octets on the current line */
	bool cr;       /* the text ended in a CR, an LF may follow */
};

struct qp_ready {
	struct str raw;     /* borrowed */
	struct str encoded; /* in the arena */
	size_t first;       /* octets of its first line */
	size_t column;      /* octets of its last line */
	bool one_line;
};

/* `out` is at the start of a line. */
void qp_writer_begin(struct qp_writer *w, struct buf *out);
void qp_writer_text(struct qp_writer *w, struct str in);
void qp_writer_ready(struct qp_writer *w, const struct qp_ready *ready);
/* Nothing follows; the last line is left open. */
void qp_writer_end(struct qp_writer *w);

void qp_ready_make(struct qp_ready *ready, struct str raw, struct arena *a);

#endif
