/*
 * phrases.h - many phrases looked for in one pass over a text: an Aho-Corasick
 * automaton.
 *
 * Built once from a list; afterwards nothing in it changes, so any number of
 * threads may search with it.  The time of a search is linear in the text,
 * whatever the phrases are.
 *
 * Text and phrases are compared without case (letters of any script, one by
 * one), a run of white space counts as one blank, a curly apostrophe as a
 * straight one.  A phrase matches anywhere, in the middle of words too; where
 * a word has to begin or end, the phrase has a blank: the text is taken as if
 * blanks stood around it.  What is not UTF-8 is compared byte by byte.
 */
#ifndef MAIL_PHRASES_H
#define MAIL_PHRASES_H

#include "lib/base/str.h"

#define PHRASE_MAX       200   /* bytes of one phrase */
#define PHRASES_MAX      10000 /* in one automaton */
#define PHRASES_NODE_MAX 65535 /* different beginnings of phrases, about */

struct phrases;

/* The list is not kept.  Passing a limit or an empty phrase is a bug. */
struct phrases *phrases_new(const char *const *list, size_t n) MUST_USE;
void phrases_free(struct phrases *p);

/* A search; lies on the caller's stack, the text is borrowed. */
struct phrases_scan {
	const struct phrases *set;
	struct str rest;
	unsigned char folded[8]; /* the character that is being taken */
	int folded_n, folded_i;
	bool blank;         /* was the last byte */
	uint16_t node, out; /* where we are, and what still ends here */
	uint16_t hit;
};

void phrases_scan_init(struct phrases_scan *s, const struct phrases *set,
    struct str text);
/* The next occurrence, by its phrase's place in the list, in the order in
 * which they end; -1 when there is no other. */
int phrases_next(struct phrases_scan *s);

/* The phrase that stands first in the list of those that occur, or -1. */
int phrases_first(const struct phrases *set, struct str text);

#endif
