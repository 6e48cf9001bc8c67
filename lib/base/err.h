/*
 * err.h - one failure, told in words.
 *
 * A function that can fail for a reason its caller should hear about takes
 * a `struct err *` as its last parameter and returns bool.  On success the
 * err is left untouched; on failure it holds the kind, which code may act
 * on, and a text, which only people read.  The err is the caller's, usually
 * on its stack, and owns no memory.
 *
 * Text: lower case, no full stop; what was being done, to what, then the
 * reason: `connect mx1.example.org:25: refused`.  Whatever is put in, it stays
 * one line of UTF-8: control bytes become blanks and, where it is not UTF-8
 * (or was cut within a character), other bytes question marks.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "lib/base/base.h"

#define ERR_TEXT_MAX 400

enum fail {
	FAIL_NONE = 0,
	FAIL_IO,       /* the other side or the network went away */
	FAIL_TIMEOUT,  /* it did not answer in time */
	FAIL_PROTOCOL, /* it answered what the protocol does not allow */
	FAIL_REFUSED,  /* it understood and said no */
	FAIL_AUTH,     /* it does not believe who we are */
	FAIL_TLS,      /* the handshake or the certificate is not acceptable */
	FAIL_INPUT,    /* what we were given does not parse */
	FAIL_LIMIT,    /* a stated bound was reached */
	FAIL_MISSING,  /* what was named does not exist */
	FAIL_CONFLICT, /* it exists already, or is in another state */
	FAIL_BUSY,     /* try again: deadlock, serialization, lock timeout */
};

struct err {
	enum fail kind;
	char text[ERR_TEXT_MAX];
};

/* Records a failure.  Always returns false, so that a caller can write
 * `return err_set(...)`.  `e` may be NULL. */
bool err_set(struct err *e, enum fail kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Puts "<what>: " before the text of a failure that came from below. */
bool err_wrap(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

const char *fail_name(enum fail kind);

/* The process cannot go on: one line on stderr, exit 1.  Entry points only. */
void die(const char *fmt, ...) PRINTF_LIKE(1, 2) NORETURN;

/* An invariant of ours is broken: abort with a core-free trace. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
void bug_at(const char *file, int line, const char *fmt, ...)
    PRINTF_LIKE(3, 4) NORETURN;

#endif
