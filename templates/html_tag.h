/*
 * html_tag.h - one tag of HTML as browsers see it, leniently.
 */
#ifndef TEMPLATES_HTML_TAG_H
#define TEMPLATES_HTML_TAG_H

#include "lib/base/str.h"

struct html_tag {
	struct str name, attributes; /* as written */
	bool closes;                 /* </name> */
};

/* At '<': bytes up to and with '>', or to the end; 0 when no tag begins
 * here.  Comments and declarations are tags without a name. */
size_t html_tag_read(struct html_tag *tag, struct str html);

/* Value of an attribute, entities not decoded; false when it has none. */
bool html_tag_attribute(const struct html_tag *tag, const char *name,
    struct str *value);

/* Where the body begins: behind <body ...>, else 0. */
size_t html_body_start(struct str html);

#endif
