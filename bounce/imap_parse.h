/*
 * imap_parse.h - the bytes of an IMAP server, cut into responses and those
 * into values (RFC 3501, 9; RFC 9051, 9), as they come and without I/O.
 *
 *   response = ( "*" / "+" / tag ) SP *( value / text ) CRLF
 *   value    = atom / quoted / literal / "(" *value ")"
 *
 * What follows `+` and what follows OK, NO, BAD, BYE or PREAUTH is text, not
 * values: it may hold any byte but NUL, CR and LF.  An atom that begins with
 * BODY or BINARY runs on to the ']' of its section.
 *
 * The values of one response lie in one array in the order of their coming;
 * a list says where it ends, so that neither parsing nor walking recurses.
 * They are valid until the next imap_parse_feed.  Memory follows what came,
 * never what was announced.
 */
#ifndef BOUNCE_IMAP_PARSE_H
#define BOUNCE_IMAP_PARSE_H

#include "bounce/imap_value.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"

#define IMAP_LINE_MAX     (1U << 20)   /* a response without its literals */
#define IMAP_LITERAL_MAX  (256U << 10) /* one literal */
#define IMAP_RESPONSE_MAX (2U << 20)   /* the values of one response */
#define IMAP_DEPTH_MAX    64           /* lists within lists */
#define IMAP_VALUES_MAX   (1U << 18)   /* values of one response */

enum imap_parse_state {
	IMAP_PARSE_BETWEEN = 0, /* between values */
	IMAP_PARSE_ATOM,
	IMAP_PARSE_SECTION, /* inside the [...] of BODY[...] */
	IMAP_PARSE_QUOTED,
	IMAP_PARSE_ESCAPED, /* after a backslash in quotes */
	IMAP_PARSE_SIZE,    /* the digits of {123} */
	IMAP_PARSE_SIZE_CR, /* after the closing brace */
	IMAP_PARSE_SIZE_LF,
	IMAP_PARSE_LITERAL,
	IMAP_PARSE_TEXT,
	IMAP_PARSE_LF, /* CR seen at the end of the response */
	IMAP_PARSE_COMPLETE,
	IMAP_PARSE_BROKEN, /* nothing can be made of what follows */
};

struct imap_parse {
	enum imap_parse_state state;
	struct buf bytes;
	struct imap_value *values;
	uint32_t count, cap;
	uint32_t open[IMAP_DEPTH_MAX]; /* lists that are not closed yet */
	int depth;
	size_t line; /* bytes of the response so far, literals not counted */
	uint64_t
	    expect;  /* announced size, then what of the literal is to come */
	bool digits; /* the announced size has digits */
};

enum imap_progress {
	IMAP_MORE = 0,
	IMAP_COMPLETE, /* one response; read it before feeding again */
	IMAP_BAD,
};

void imap_parse_init(struct imap_parse *p);
void imap_parse_release(struct imap_parse *p);
void imap_parse_reset(struct imap_parse *p);

/* Takes bytes up to the end of one response at most; `used` says how many.
 * After IMAP_BAD (FAIL_PROTOCOL, FAIL_LIMIT) the connection is of no use. */
enum imap_progress imap_parse_feed(struct imap_parse *p, struct str data,
    size_t *used, struct err *err) MUST_USE;

/* True at the start of a response: nothing is half read. */
bool imap_parse_at_start(const struct imap_parse *p);

#endif
