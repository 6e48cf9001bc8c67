/*
 * crlf_writer.h - text as it is, but with CRLF at its line ends, written in
 * pieces; what is the same in many messages is made ready once.
 */
#ifndef MAIL_CRLF_WRITER_H
#define MAIL_CRLF_WRITER_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"

struct crlf_writer {
	struct buf *out;
	bool cr; /* the text ended in a CR, an LF may follow */
};

void crlf_writer_begin(struct crlf_writer *w, struct buf *out);
/* Line ends of any kind: CRLF, LF, bare CR. */
void crlf_writer_text(struct crlf_writer *w, struct str text);
/* `lines` is what crlf_ready made of `raw`. */
void crlf_writer_ready(struct crlf_writer *w, struct str raw, struct str lines);

struct str crlf_ready(struct str raw, struct arena *a);

#endif
