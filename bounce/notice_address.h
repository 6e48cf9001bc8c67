/*
 * notice_address.h - the addresses in the text of a notification, and how
 * each stands there: that tells a recipient from all others.
 *
 *   listed     a line begins with it      <ann@example.test>: user unknown
 *   labelled   behind a label             Recipient: <ann@example.test>
 *   answered   in a reply or a command    550 <ann@example.test>... no such
 *   told       in a sentence              your mail to ann@example.test was
 *
 * Lenient about what an address is: some hide names behind "a@b.c".  Texts
 * are in lower case; strings are borrowed from them.
 */
#ifndef BOUNCE_NOTICE_ADDRESS_H
#define BOUNCE_NOTICE_ADDRESS_H

#include "lib/base/str.h"

#define NOTICE_ADDRESSES_MAX 400

enum notice_place {
	NOTICE_ELSEWHERE = 0, /* the sender, the postmaster, anybody */
	NOTICE_LISTED,
	NOTICE_LABELLED,
	NOTICE_ANSWERED,
	NOTICE_TOLD,
};

struct notice_address {
	struct str address; /* local@domain */
	size_t line;        /* where its line begins */
	size_t from, to;    /* it, with its brackets */
	size_t indent;      /* blanks before it, of a listed one */
	enum notice_place place;
};

/* The next address at or behind `*at`, which moves; false: there is none. */
bool notice_address_next(struct notice_address *a, struct str text, size_t *at);

/* The whole of `text` is one address, in brackets or not. */
bool notice_is_address(struct str text);

#endif
