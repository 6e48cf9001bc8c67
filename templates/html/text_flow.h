/*
 * text_flow.h - plain text with breaks that are written when the next word
 * comes, so that the largest one asked for in between counts.
 *
 * In a template's source Liquid marks come between: which branches a render
 * takes is not known, and still the breaks have to be right in all of them.
 *
 *   <p>Hi</p>{% if x %}<p>Member</p>{% endif %}<p>Bye</p>
 *
 *   Hi\n\n{% if x %}Member\n\n{% endif %}Bye
 *
 * So what is asked for before a mark is written before it; at the end of a
 * block the branch gets what stands behind the block is not going to add.
 * Whitespace control of a mark is carried out here and not passed on.
 */
#ifndef TEMPLATES_TEXT_FLOW_H
#define TEMPLATES_TEXT_FLOW_H

#include "lib/base/buf.h"

#define TEXT_FLOW_DEPTH_MAX 64 /* nested blocks; deeper ones are not known */

enum gap {
	GAP_NONE = 0,
	GAP_BLANK,
	GAP_LINE,
	GAP_PARAGRAPH, /* an empty line */
};

enum flow_block {
	FLOW_BRANCHES = 0, /* if, unless, case, ifchanged */
	FLOW_LOOP,         /* for, tablerow */
	FLOW_CAPTURE,      /* a text of its own */
};

struct text_flow_open {
	enum flow_block kind;
	enum gap have;  /* before it */
	enum gap want;  /* of a capture: what was asked for before it */
	enum gap first; /* of a loop: asked for before its first word */
	enum gap least; /* that branches so far end with */
	bool begun;     /* `first` is known; a branch was seen */
	bool is_case, has_else;
};

struct text_flow {
	struct buf *out;
	enum gap want; /* asked for before the next word */
	enum gap have; /* that `out` ends with in every branch */
	bool strip;    /* blanks are swallowed: "-%}" */
	struct text_flow_open open[TEXT_FLOW_DEPTH_MAX];
	int depth, beyond; /* blocks open; those past the maximum */
	/* The end of a block, and what stands behind it, not yet written. */
	bool is_held;
	struct buf held;
	struct text_flow_open closed;
	enum gap closed_want, closed_have;
};

void text_flow_init(struct text_flow *f, struct buf *out);
/* The last line gets its end. */
void text_flow_finish(struct text_flow *f);

void text_flow_want(struct text_flow *f, enum gap gap);
void text_flow_word(struct text_flow *f, struct str word);
/* Behind what leads a line, as "- ", a break is not wanted. */
void text_flow_led(struct text_flow *f);

/* Literal text of a source: braces in it begin no mark. */
void text_flow_literal(struct text_flow *f, struct str text);
/* A mark: outputs are words, the rest shows nothing. */
void text_flow_mark(struct text_flow *f, struct str mark);
/* Marks in bytes that are not shown: only those that matter elsewhere. */
void text_flow_hidden(struct text_flow *f, struct str bytes);
/* A mark that shows something, as far as one can tell without a render. */
bool text_flow_prints(struct str mark);
/* Blocks that marks in there open are closed there, and the other way. */
bool text_flow_is_whole(struct str bytes);

#endif
