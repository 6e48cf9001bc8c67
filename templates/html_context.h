/*
 * html_context.h - where in the HTML a merge value stands, and so how it has
 * to be escaped.
 *
 * A state machine over the template's own text, fed piece by piece while
 * compiling; merge values between the pieces never change its state.
 *
 *   text -> tag -> attribute -> value (plain, URL, style, script) -> tag ...
 *   text -> comment, <title>/<textarea>, <style>, <script>
 */
#ifndef TEMPLATES_HTML_CONTEXT_H
#define TEMPLATES_HTML_CONTEXT_H

#include "lib/base/str.h"

/* How a value is written.  Kept per operation of the program. */
enum escape {
	ESCAPE_NONE = 0,
	ESCAPE_HTML,     /* text, and attributes in quotes: & < > " ' */
	ESCAPE_UNQUOTED, /* attribute without quotes: blanks, = and ` too */
	ESCAPE_URL,      /* begins a URL: scheme checked, what no URL may hold
			   * percent-encoded, then as HTML */
	ESCAPE_URL_PATH, /* inside of a URL, before '?': reserved encoded */
	ESCAPE_URL_PART, /* in its query or fragment: all but unreserved */
	ESCAPE_CSS,      /* a value in style="" or <style> */
	ESCAPE_SCRIPT,   /* <script>, on...="": a JSON literal */
	ESCAPE_NAME,     /* a tag's or attribute's name: letters, digits, - */
	ESCAPE_COMMENT,  /* nothing that ends the comment */
	ESCAPE_HEADER,   /* one line */
};

struct html_context {
	uint8_t state, kind, quote; /* see html_context.c */
	uint8_t name_n;
	char name[16]; /* of the tag or attribute at hand, lower case */
	char tag[16];
};

void html_context_init(struct html_context *c);
void html_context_feed(struct html_context *c, struct str text);
/* How a value at this place is written. */
enum escape html_context_escape(const struct html_context *c);
/* A value was written here: "https" + {{ x }} is no longer at the start of the URL. */
void html_context_value(struct html_context *c);
/* Where branches meet: the stricter of both. */
void html_context_join(struct html_context *c,
    const struct html_context *other);

#endif
