/*
 * html_tag.h - one tag of HTML as browsers see it, leniently.
 *
 * Works on finished HTML and on a template's source alike: Liquid marks are
 * opaque wherever they stand, a '>' or a quote in one ends nothing.
 *
 *   <a {% if x %}href="a"{% else %}href='{{ u | default: "b>" }}'{% endif %}>
 *
 * has two attributes named href.  An output joins the name or the value that
 * it touches; a tag does so when it opens there what is closed there, and
 * else stands between attributes as a blank does.  "<{{" begins no tag: what
 * is printed there is escaped (html_context.h).
 */
#ifndef TEMPLATES_HTML_TAG_H
#define TEMPLATES_HTML_TAG_H

#include "lib/base/str.h"

struct html_tag {
	struct str name, attributes; /* as written */
	bool closes;                 /* </name> */
};

struct html_attribute {
	struct str whole;       /* name="value", as written */
	struct str name, value; /* entities not decoded */
	bool has_value;
	char quote; /* '\0': none */
};

/* At '<': bytes up to and with '>', or to the end; 0 when no tag begins
 * here.  Comments and declarations are tags without a name. */
size_t html_tag_read(struct html_tag *tag, struct str html);
bool html_tag_is(const struct html_tag *tag, const char *name);

/* Takes the next attribute off the front of tag->attributes; false: there is
 * none. */
bool html_attribute_next(struct str *attributes, struct html_attribute *a);

/* Value of an attribute, entities not decoded; false when it has none. */
bool html_tag_attribute(const struct html_tag *tag, const char *name,
    struct str *value);

/* Offset of `what` outside of Liquid marks, or STR_NOWHERE. */
size_t html_find(struct str html, struct str what);

#endif
