/*
 * charset.h - text of other people's charsets, made UTF-8.
 *
 * UTF-8, US-ASCII, ISO-8859-1 (read as windows-1252, as everyone does),
 * ISO-8859-15 and windows-1252 by own tables; a list of others by iconv.
 * Names off the list are read as UTF-8, so that no peer chooses which
 * converter of the C library runs.
 */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include "lib/base/buf.h"

/* Appends; what does not decode becomes U+FFFD. */
void charset_to_utf8(struct buf *out, struct str charset, struct str bytes);

#endif
