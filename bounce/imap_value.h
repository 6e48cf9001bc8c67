/*
 * imap_value.h - the values of a response (imap_parse.h), and how to walk
 * over them without recursion.
 *
 * Values are borrowed from the parser, valid until it is fed again.
 */
#ifndef BOUNCE_IMAP_VALUE_H
#define BOUNCE_IMAP_VALUE_H

#include "lib/base/str.h"

struct imap_parse;

enum imap_value_kind {
	IMAP_ATOM = 0, /* also numbers, flags, NIL, BODY[HEADER]<0> */
	IMAP_QUOTED,
	IMAP_LITERAL,
	IMAP_LIST,
	IMAP_TEXT, /* the rest of the line */
};

struct imap_value {
	enum imap_value_kind kind;
	uint32_t at, n; /* its bytes in imap_parse.bytes; a list has none */
	uint32_t next;  /* index of what follows it, its elements skipped */
};

/*
 * Walking: a cursor over the values of a response or of a list.
 *   imap_cursor_top(p, &c); while ((v = imap_cursor_next(&c)) != NULL) ...
 */
struct imap_cursor {
	const struct imap_parse *parse;
	uint32_t at, end;
};
struct imap_cursor imap_cursor_top(const struct imap_parse *p);
struct imap_cursor imap_cursor_list(const struct imap_parse *p,
    const struct imap_value *list);
const struct imap_value *imap_cursor_next(struct imap_cursor *c);

struct str imap_value_str(const struct imap_parse *p,
    const struct imap_value *v); /* of a list: empty */
bool imap_value_is_nil(const struct imap_parse *p, const struct imap_value *v);
bool imap_value_is_string(const struct imap_value *v); /* quoted or literal */
/* An atom of digits alone, at most 2^63-1 (RFC 9051 has 63-bit sizes). */
bool imap_value_number(const struct imap_parse *p, const struct imap_value *v,
    uint64_t *out) MUST_USE;

#endif
