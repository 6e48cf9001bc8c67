/*
 * encode.h - base64 (RFC 4648, 4), lower-case base32 without padding
 * (RFC 4648, 6, folded to a-z2-7) and hex.
 *
 * Decoders are strict: a byte outside the alphabet, wrong padding or bits
 * left over refuse the whole; then, and when it does not fit (`full`), `out`
 * keeps what it had.  All append to the buf.
 */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "lib/base/buf.h"

void base64_encode(struct buf *out, struct str in);
bool base64_decode(struct buf *out, struct str in) MUST_USE;

void base32_encode(struct buf *out, struct str in);
bool base32_decode(struct buf *out, struct str in) MUST_USE; /* either case */

void hex_encode(struct buf *out, struct str in); /* lower case */
bool hex_decode(struct buf *out, struct str in) MUST_USE;

#endif
