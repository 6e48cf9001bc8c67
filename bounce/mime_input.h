/*
 * mime_input.h - the bytes of a message as they may be parsed: line ends
 * made LF, and no more of anything than the limits of mime_walk.h.
 *
 * GMime keeps a node for every part, header field, address and parameter,
 * which makes a hostile message fifty times as large in memory as it came.
 * So it is given no more than it needs: of the header of the message only
 * the Content- fields; and the body up to where what could be headers of
 * parts, or lines that could separate them, is more than honest mail has.
 */
#ifndef BOUNCE_MIME_INPUT_H
#define BOUNCE_MIME_INPUT_H

#include "bounce/mime_walk.h"
#include "lib/base/buf.h"

#define MIME_FIELD_MAX      8192         /* one Content- field */
#define MIME_CONTENT_MAX    32768        /* all of the message */
#define MIME_HEADERS_MAX    (128U << 10) /* fields of all parts, bytes */
#define MIME_HEADERS_LINES  8000         /* and lines */
#define MIME_SEPARATORS_MAX 2000         /* lines that begin with "--" */

/* Text as the database takes it: UTF-8 without NUL.  Most is already. */
struct str mime_input_clean(struct inbound_mail *m, struct str text);
/* At most max bytes of it, whole characters; sets the flag when it cut. */
struct str mime_input_cut(struct inbound_mail *m, struct str text, size_t max,
    enum inbound_limit flag);

/* A copy in the arena with LF as line end, without what programs put before
 * the header, no longer than INBOUND_RAW_MAX. */
struct str mime_input_copy(struct inbound_mail *m, struct str raw);
/* The header block that the text begins with, cleaned; `n`: its length. */
struct str mime_input_header(struct inbound_mail *m, struct str text,
    size_t *n);
/* Appends to `out` what GMime is to parse. */
void mime_input_make(struct inbound_mail *m, struct str body, struct buf *out);

#endif
