/*
 * smtp_body.h - a message as it goes on the wire after a 354 (RFC 5321,
 * 4.5.2).
 *
 * Lines that begin with a dot get a second one; a CR or LF that stands
 * alone becomes CRLF and a missing last line end is added, so that nothing
 * a message holds can end it (S-001, S-002; SMTP smuggling).  A message that
 * needs none of that, as ours do, is copied in one piece.
 */
#ifndef SENDER_SMTP_BODY_H
#define SENDER_SMTP_BODY_H

#include "lib/base/buf.h"

/* The message and its final dot. */
void smtp_body_write(struct buf *out, struct str message);
/* The same, and empties `message`: its memory may be out's afterwards, and
 * the other way round, so that much is not copied. */
void smtp_body_move(struct buf *out, struct buf *message);
/* A body of nothing: ends a DATA that should not have been accepted. */
void smtp_body_write_none(struct buf *out);

#endif
