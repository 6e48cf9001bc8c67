/*
 * fold.h - a header field that is being written: how far its line has come.
 *
 * RFC 5322, 2.2.3: a line may be broken before a blank; what follows the
 * break starts with that blank.  No line consists of blanks alone.  The buf
 * is the caller's.
 */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

#include "lib/base/buf.h"

#define FOLD_LINE     78  /* wished (RFC 5322, 2.1.1) */
#define FOLD_LINE_MAX 998 /* never passed */

struct fold {
	struct buf *out;
	size_t column; /* octets on the current line */
	size_t breaks; /* lines begun after the first */
};

void fold_add(struct fold *f, struct str piece);

/* The blanks before a piece of `width` octets, broken before if the piece
 * would pass `limit`. */
void fold_gap(struct fold *f, size_t blanks, size_t width, size_t limit);

/* Words as they are, with their blanks; false when one with the blanks
 * before it cannot stay within FOLD_LINE_MAX. */
bool fold_words(struct fold *f, struct str value) MUST_USE;

#endif
