/*
 * utf8_put.h - one code point, written as UTF-8.
 */
#ifndef BOUNCE_UTF8_PUT_H
#define BOUNCE_UTF8_PUT_H

#include "lib/base/buf.h"

/* What is no code point (a surrogate, above U+10FFFF) becomes U+FFFD. */
void utf8_put(struct buf *out, uint32_t c);

#endif
