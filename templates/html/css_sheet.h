/*
 * css_sheet.h - what of a document's <style> elements can be inlined.
 *
 *   rule         selector , selector { declaration ; declaration }
 *   selector     part part > part          parts[0] is the outermost
 *   part         element.class#id          at least one of them
 *   declaration  property : value !important
 *
 * Everything else is stepped over, and so stays where it is: at-rules,
 * pseudo-classes, attribute selectors, `*`, siblings, custom properties,
 * what does not parse, and all that stands in a Liquid block.  Strings,
 * comments and Liquid marks hide what is in them.
 */
#ifndef TEMPLATES_CSS_SHEET_H
#define TEMPLATES_CSS_SHEET_H

#include "templates/html/css_names.h"

#define CSS_PARTS_MAX 8 /* of a selector */
#define CSS_NAMES_MAX 8 /* classes and ids of a part */

struct css_part {
	uint32_t element;              /* 0: any */
	uint32_t names[CSS_NAMES_MAX]; /* classes and ids */
	uint8_t count;
	bool child; /* of the part before it; else a descendant */
};

struct css_selector {
	struct css_part *parts;
	size_t count;
	uint32_t specificity;
	struct css_rule *rule;
	struct css_selector *next; /* of its rule */
	struct css_selector *same; /* with the same key: see css_match.h */
};

struct css_declaration {
	struct str name, value; /* without !important; name empty: none */
	uint32_t property;
	bool important;
};

struct css_rule {
	struct str whole; /* in its <style>, blanks before it included */
	struct css_selector *selectors;
	struct css_declaration *declarations;
	size_t count;
	uint32_t order;
	bool speaks_names; /* of classes or ids, anywhere */
	bool used;         /* it was written into an element */
	bool needed;       /* <style> has to keep it */
	/* for the element at hand, if `element` is its number */
	uint32_t element, specificity;
};

/* One <style> element. */
struct css_block {
	struct str whole, text;
	uint32_t first, count; /* rules */
	bool other;            /* it holds more than these */
	struct css_block *next;
};

struct css_sheet {
	struct arena *arena;
	struct css_names names;
	struct css_rule **rules; /* by order */
	uint32_t count, cap;
	struct css_block *blocks;
	size_t bytes;
	bool full; /* sticky: a limit was reached */
};

void css_sheet_init(struct css_sheet *s, struct arena *a);
void css_sheet_release(struct css_sheet *s);
/* `whole` is the element from <style> to </style>, `text` what is in it. */
void css_sheet_add(struct css_sheet *s, struct str whole, struct str text);
/* From the arena, cleared; NULL: full. */
void *css_sheet_alloc(struct css_sheet *s, size_t size) MUST_USE;

/* css_selector.c: one selector of a list; NULL: not understood, or full. */
struct css_selector *css_selector_read(struct css_sheet *s, struct str text);

/* css_text.c: bytes of what stands at s as one: a string, comment, Liquid
 * mark, escape, or a byte. */
size_t css_token(struct str s);
/* Offset of the first of `stops` outside of brackets, else s.n. */
size_t css_find(struct str s, const char *stops);
/* Without blanks and comments at both ends. */
struct str css_trim(struct str s);
bool css_has_tag(struct str s); /* a {% tag %} */
/* Bytes of the name at s. */
size_t css_name_length(struct str s);
/* The next declaration; false: the end.  Sets all but `property`. */
bool css_declaration_next(struct str *rest, struct css_declaration *d);

#endif
