/*
 * href.h - what the href of a link leads to, as far as a template's source
 * tells.
 */
#ifndef TEMPLATES_HREF_H
#define TEMPLATES_HREF_H

#include "lib/base/buf.h"
#include "templates/html/html_tag.h"

enum href_kind {
	HREF_OTHER =
	    0,         /* mailto:, tel:, #anchor, relative, empty: left alone */
	HREF_BUILT_IN, /* {{ unsubscribe_url }} and its like */
	HREF_STATIC,   /* http(s), without a mark */
	HREF_MERGED,   /* http(s)://..., with outputs in it */
	HREF_PERSONAL, /* only a render tells where it leads and whether it
			 * has a query */
};

/* Of a value as written: entities and marks in it. */
enum href_kind href_kind(struct str value);

/* <a>, <area> and the shapes of VML lead somewhere. */
bool href_in(const struct html_tag *tag);

/* Appends the value with its entities decoded, marks as they are. */
void href_decode(struct buf *out, struct str value);

/* A finished URL. */
bool href_is_http(struct str url); /* http:// or https://, and more */
/* Schemes that a merge value may bring: not javascript: and the like. */
bool href_is_harmless(struct str url);

/* Appends a finished URL with what no URL may hold percent-encoded. */
void href_clean(struct buf *out, struct str url);
/* All but RFC 3986's unreserved characters percent-encoded. */
void href_percent(struct buf *out, struct str text);

#endif
