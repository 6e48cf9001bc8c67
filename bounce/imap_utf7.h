/*
 * imap_utf7.h - mailbox names on the wire: modified UTF-7 (RFC 3501, 5.1.3).
 */
#ifndef BOUNCE_IMAP_UTF7_H
#define BOUNCE_IMAP_UTF7_H

#include "lib/base/buf.h"

/* Appends; false when `name` is not UTF-8. */
bool imap_utf7_encode(struct buf *out, struct str name) MUST_USE;
/* Appends UTF-8; false when `wire` is not modified UTF-7, and then `out` has
 * what it had. */
bool imap_utf7_decode(struct buf *out, struct str wire) MUST_USE;

#endif
