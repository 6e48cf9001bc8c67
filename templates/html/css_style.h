/*
 * css_style.h - the style attribute of one element: declarations of the
 * rules that apply, by weight, around what it has of its own.
 *
 *   style="color:red;margin:0; OWN; width:10px"
 *          ^ rules: weaker            ^ they said !important
 *
 * What a stronger rule or the element itself says again is left out, but for
 * values with Liquid in them, which may turn out empty.
 */
#ifndef TEMPLATES_CSS_STYLE_H
#define TEMPLATES_CSS_STYLE_H

#include "lib/base/buf.h"
#include "templates/html/css_match.h"

struct css_stamp;
struct css_item;

struct css_style {
	const struct css_names *names;
	struct css_stamp *stamps; /* by property */
	struct css_item *items;   /* declarations at hand, weakest first */
	size_t count, cap;
	uint32_t element;
	struct buf before, after; /* what goes around its own */
};

void css_style_init(struct css_style *s, const struct css_sheet *sheet);
void css_style_release(struct css_style *s);

/* Works out before and after for what m found; they are for an attribute in
 * `quote`s. */
void css_style_make(struct css_style *s, const struct css_match *m,
    struct str own, char quote);

#endif
