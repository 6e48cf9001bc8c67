/*
 * header.h - header fields: written safely, read leniently (RFC 5322, 2047).
 *
 * Writing: values never let CR, LF or NUL through; anything that would need
 * them is refused.  Lines fold at 78 where they can, never pass 998.
 * Non-ASCII text becomes encoded-words of whole characters (RFC 2047), and
 * so does what would read as an encoded-word.  Blanks at the ends go.  A
 * writer that fails has appended nothing; it fails with FAIL_INPUT for what
 * no header may hold, and with FAIL_LIMIT when the value as written, breaks
 * not counted, is longer than HEADER_VALUE_MAX or `out` is full.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/mail/address.h"

#define HEADER_VALUE_MAX 8192        /* S-013: one field */
#define HEADER_BLOCK_MAX (32U << 10) /* all that we write */

/* True when text may stand in a header value: valid UTF-8, no control
 * bytes, no U+0085, U+2028, U+2029. */
bool header_text_ok(struct str text);

/* Unstructured text: Subject, comments. */
bool header_text(struct buf *out, const char *name, struct str text,
    struct err *err) MUST_USE;
/* ASCII that is already in its final form: Message-ID, List-Unsubscribe.
 * Folds at blanks only. */
bool header_raw(struct buf *out, const char *name, struct str value,
    struct err *err) MUST_USE;
/* `Name <address>`; the display name quoted or encoded as it needs. */
bool header_mailbox(struct buf *out, const char *name, struct str display,
    const struct address *address, struct err *err) MUST_USE;

/* Reading.  A field of a header block; value unfolded only by
 * header_unfold.  Bare LF and CRLF both end lines. */
struct header_field {
	struct str name, value;
};
/* Takes the next field off `block`; false at its end (the empty line is
 * consumed too).  Lines that are no field are skipped. */
bool header_next(struct str *block, struct header_field *field);
/* A value on one line, without blanks at its ends; STR_NONE when the arena
 * has no room. */
struct str header_unfold(struct str value, struct arena *a);
/* First field of that name (ASCII case), trimmed and unfolded into the
 * arena; STR_NONE when absent. */
struct str header_get(struct str block, const char *name, struct arena *a);
/* Decodes encoded-words of a read header to UTF-8, lenient; bytes that do
 * not decode become U+FFFD. Knows UTF-8, US-ASCII, ISO-8859-1/-15, windows-1252; others via iconv. */
struct str header_decode(struct str value, struct arena *a);

#endif
