/*
 * mime_text.h - a rendered text as a MIME part.
 *
 * What a program writes is its own texts with values between them.  The texts
 * are the same for all recipients and encoded once (mime_program_make); per
 * recipient only what stands between them is.  The render writes a brief of
 * such a text, its first and last bytes, and its trace tells where
 * (liquid_trace.h).
 *
 * The encoding is the shortest that is safe: as it is, as 7bit or where the
 * account takes it 8bit, when no line is too long or begins with what a
 * server or a mailbox file could take for something else (".", "From ", our
 * boundaries); else quoted-printable or base64, whichever is smaller.
 */
#ifndef TEMPLATES_MIME_TEXT_H
#define TEMPLATES_MIME_TEXT_H

#include "lib/base/arena.h"
#include "templates/liquid/liquid_trace.h"

/* RFC 5322, 2.1.1 has 998; some relays cut at 990. */
#define MIME_LINE_MAX 900
/* All our boundaries begin so; quoted-printable and base64 never write it. */
#define MIME_BOUNDARY_START "=_"

struct mime_piece;

/* A program's texts, encoded.  Immutable; in the arena, but for the texts
 * themselves, which are the program's. */
struct mime_program {
	const struct mime_piece **pieces; /* by number; NULL: none is made */
	struct str *briefs;               /* for a trace */
};

void mime_program_make(struct mime_program *program,
    const struct liquid *liquid, struct arena *a);

struct mime_text {
	const char *type; /* "text/html" */
	const struct mime_program *program;
	struct str raw;                   /* what was rendered, with briefs */
	const struct liquid_trace *trace; /* offsets in raw */
};

/* The part's two fields, an empty line and the text; its last line is left
 * open. */
void mime_text_put(struct buf *out, const struct mime_text *text,
    bool eight_bit);

#endif
