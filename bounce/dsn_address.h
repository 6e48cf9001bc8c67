/*
 * dsn_address.h - addresses in delivery reports, and the encodings that they
 * may still wear: xtext (RFC 3461, 4), utf-8-addr-xtext and unitext (RFC 6533, 3).
 */
#ifndef BOUNCE_DSN_ADDRESS_H
#define BOUNCE_DSN_ADDRESS_H

#include "lib/base/arena.h"

/* The address in the value of a recipient field: no blanks, angle brackets,
 * comments; type is what stood before ';'. */
struct str dsn_address(struct str text, struct str type, struct arena *a);

/* Undoes "+2B" and "+3D".  Reports should not hold xtext (RFC 3464, 2.3.1),
 * some do; where another '+' shows that this is plain text, as in
 * `ann+42@example.test`, it stays as it is. */
struct str dsn_xtext(struct str text, struct arena *a);

#endif
