/*
 * dkim_canon.h - the relaxed canonical forms of RFC 6376, 3.4.2 and 3.4.4.
 *
 * Input has CRLF line ends only.
 */
#ifndef SENDER_DKIM_CANON_H
#define SENDER_DKIM_CANON_H

#include "lib/base/buf.h"

/* Blanks at line ends and empty lines at the end go, runs of blanks become
 * one.  Appends. */
void dkim_canon_body(struct buf *out, struct str body);

/* "name:value" without CRLF at its end: name in lower case, the value on one
 * line, runs of blanks as one, none at its ends.  Appends. */
void dkim_canon_field(struct buf *out, struct str name, struct str value);

#endif
