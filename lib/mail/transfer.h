/*
 * transfer.h - content transfer encodings (RFC 2045, 6.7 and 6.8).
 *
 * Encoders take text with any line ends (CRLF, LF, bare CR) and write CRLF
 * only; lines end at 76 at most.  Decoders are lenient, as mail needs them
 * to be: what is not of the alphabet is skipped or kept literally.
 */
#ifndef MAIL_TRANSFER_H
#define MAIL_TRANSFER_H

#include "lib/base/buf.h"

/* Quoted-printable: blanks at line ends, '=', controls, 8-bit bytes, "From "
 * and '.' at line starts encoded (S-012, X-001). */
void qp_encode(struct buf *out, struct str in);
void qp_decode(struct buf *out, struct str in);
/* The octet that "=XX" at the start of text stands for, or -1. */
int qp_octet(struct str text);

/* Lines of 76 characters with CRLF after each. */
void base64_lines(struct buf *out, struct str in);
void base64_decode_lenient(struct buf *out, struct str in);

#endif
