/*
 * liquid_scan.h - a template cut into text, outputs and tags.
 *
 * Delimiters are found before strings: `{{ "a }} b" }}` ends at the first
 * closing one.  Whitespace control ("{{-", "-%}") is carried out here.
 */
#ifndef TEMPLATES_LIQUID_SCAN_H
#define TEMPLATES_LIQUID_SCAN_H

#include "lib/base/str.h"

enum liquid_piece_kind {
	PIECE_END = 0,
	PIECE_TEXT,   /* body: to be written as it is */
	PIECE_OUTPUT, /* body: what stands between {{ and }} */
	PIECE_TAG,    /* name, and body: the rest up to %} */
	PIECE_OPEN,   /* body: a delimiter that nothing closes */
};

/* All parts lie inside the source. */
struct liquid_piece {
	enum liquid_piece_kind kind;
	struct str name, body;
	const char *at; /* where it begins */
};

struct liquid_scan {
	const char *p, *end;
	bool strip; /* the last delimiter was "-}}" or "-%}" */
	bool lines; /* of the tag `liquid`: each is a tag */
};

void liquid_scan_init(struct liquid_scan *s, struct str source);
void liquid_scan_lines(struct liquid_scan *s, struct str body);
void liquid_scan_next(struct liquid_scan *s, struct liquid_piece *piece);

/* Everything up to the tag `name`, which is consumed; false if there is
 * none.  For raw. */
bool liquid_scan_until(struct liquid_scan *s, const char *name,
    struct str *body);

/* For who reads a source as HTML, Markdown or CSS and leaves Liquid alone:
 * bytes of the mark that begins at s ("{{ }}", "{% %}", and the whole of
 * raw, comment and doc blocks), 0 when none does.  One that nothing closes
 * goes to the end. */
size_t liquid_mark(struct str s);

/* What a tag does to the blocks around it. */
enum liquid_mark_kind {
	MARK_OTHER = 0, /* nothing; no tag; a block as a whole */
	MARK_OPENS,     /* "if", "for" ... */
	MARK_BRANCHES,  /* "else", "elsif", "when" */
	MARK_CLOSES,    /* "endif" ... */
};
/* `mark` is as long as liquid_mark says. */
enum liquid_mark_kind liquid_mark_kind(struct str mark);

#endif
