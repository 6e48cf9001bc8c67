/*
 * css_match.h - which rules apply to an element: its selectors are found by
 * what they say of the element itself, then compared with the elements that
 * are open around it.
 *
 * Open elements are followed as browsers do it, roughly: void elements hold
 * nothing, <td>, <tr>, <li>, <p> and the like end those before them, an end
 * tag ends what is open inside of it, and one without a start tag does
 * nothing.  Where Liquid writes one of two start tags, both count as open.
 */
#ifndef TEMPLATES_CSS_MATCH_H
#define TEMPLATES_CSS_MATCH_H

#include "templates/html/css_sheet.h"
#include "templates/html/html_tag.h"

#define CSS_DEPTH_MAX         256 /* deeper elements are not looked at */
#define CSS_ELEMENT_NAMES_MAX 32  /* classes and ids that rules speak of */

struct css_element {
	struct str tag;
	uint32_t element, names[CSS_ELEMENT_NAMES_MAX]; /* as in css_part */
	size_t count;
	/* its own style attribute, whole; empty: none */
	struct html_attribute style;
	bool merged_names; /* a class or id comes from Liquid */
	bool unwritable;   /* the attribute may or may not be there, by Liquid,
			    * or has a quote but is in none */
};

/* Reads the tag. */
void css_element_read(struct css_element *e, const struct html_tag *tag,
    const struct css_names *names);

struct css_match {
	struct css_sheet *sheet;
	struct css_selector **index; /* by a name of the last part */
	struct css_element *open;    /* CSS_DEPTH_MAX */
	size_t depth;                /* may be more than there is room for */
	uint32_t steps, elements;
	struct css_rule **found; /* by specificity, then order */
	size_t found_count;
};

/* For all rules that the sheet holds by now. */
void css_match_init(struct css_match *m, struct css_sheet *s);
void css_match_release(struct css_match *m);

/* Elements that the tag ends by being there. */
void css_match_start(struct css_match *m, struct str tag);
void css_match_open(struct css_match *m, const struct css_element *e);
void css_match_end(struct css_match *m, struct str tag);

/* Fills `found`.  `anywhere`: as if every element were around this one.
 * False: too many comparisons. */
bool css_match_find(struct css_match *m, const struct css_element *e,
    bool anywhere) MUST_USE;

#endif
