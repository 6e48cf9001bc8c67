/*
 * html_place.h - one place in an HTML document, for html_context.c.
 *
 * Follows the tokenizer of the HTML standard (13.2.5) as far as it matters
 * for where a value may stand; what it does not tell apart (doctypes,
 * character references) holds no values worth telling apart.
 */
#ifndef TEMPLATES_HTML_PLACE_H
#define TEMPLATES_HTML_PLACE_H

#include "lib/base/str.h"

#define PLACE_NAME_MAX 12 /* letters of a name that are kept */

enum place_state {
	PLACE_TEXT = 0,
	PLACE_OPEN,     /* behind '<' */
	PLACE_TAG_NAME, /* in the name of a tag */
	PLACE_TAG,      /* between attributes */
	PLACE_NAME,     /* in an attribute's name */
	PLACE_EQUALS,   /* behind the name, before a '=' */
	PLACE_BEFORE,   /* behind the '=' */
	PLACE_VALUE,
	PLACE_MARKUP,  /* <!doctype>, <![endif]>, <?xml>: up to '>' */
	PLACE_COMMENT, /* <!-- ... --> */
	PLACE_RAW,     /* in <script>, <style>, <title>: up to the end tag */
};

/* What tags are told apart; all but <meta> hold text, no tags. */
enum place_element {
	ELEMENT_PLAIN = 0,
	ELEMENT_SCRIPT,
	ELEMENT_STYLE,
	ELEMENT_TITLE,
	ELEMENT_TEXTAREA,
	ELEMENT_XMP,
	ELEMENT_IFRAME,
	ELEMENT_NOEMBED,
	ELEMENT_NOFRAMES,
	ELEMENT_META,
	ELEMENT__COUNT
};

/* What an attribute's value is. */
enum place_holds {
	HOLDS_TEXT = 0,
	HOLDS_URL,
	HOLDS_IMAGE,   /* a URL, too */
	HOLDS_REFRESH, /* content of <meta>: "0;url=" */
	HOLDS_STYLE,
	HOLDS_SCRIPT,
	HOLDS_UNKNOWN, /* its name came from a value, or srcdoc */
};

/* How far a URL got; the later the stricter. */
enum place_url {
	URL_NONE = 0, /* in style and refresh: there is no URL here */
	URL_START,
	URL_VALUE,  /* behind values alone */
	URL_SCHEME, /* letters that may become a scheme */
	URL_PATH,
	URL_SLASH,     /* the same, right behind a '/' */
	URL_AUTHORITY, /* http:// or //: a host, or a label of it, may begin */
	URL_HOST,
	URL_QUERY,  /* or fragment */
	URL_DATA,   /* behind data: */
	URL_SCRIPT, /* behind javascript: and the like */
};

struct html_place {
	uint8_t state; /* enum place_state */
	uint8_t
	    element;    /* enum place_element: of the tag, or around the text */
	uint8_t holds;  /* enum place_holds */
	uint8_t url;    /* enum place_url */
	uint8_t quote;  /* around the attribute's value; 0: none */
	uint8_t string; /* around the script's text; 0: none */
	uint8_t last;   /* byte before this one where it matters, else 0 */
	uint8_t dashes; /* '-' right before, in comments: 0..2 */
	bool closes;    /* an end tag */
	bool conditional; /* in <!--[if ...]> */
	bool merged;      /* a value is part of the name */
	uint8_t name_n;
	char name[PLACE_NAME_MAX]; /* tag, attribute or scheme, lower case */
};

void html_place_feed(struct html_place *p, struct str text);
/* In plain text: a URL is a PLACE_VALUE, up to a blank or a bracket. */
void html_place_feed_plain(struct html_place *p, struct str text);
/* A value was written; one that is `raw` may be a tag's name.  True: had it
 * been empty, `other` would be the place. */
bool html_place_value(struct html_place *p, bool raw, struct html_place *other);
uint8_t html_place_escape(const struct html_place *p); /* see enum escape */

/* html_value.c: in an attribute's value, or a style or script element. */
void html_value_begin(struct html_place *p);
void html_value_byte(struct html_place *p, char c);
void html_value_merged(struct html_place *p);
uint8_t html_value_escape(const struct html_place *p);
/* What the attribute of that name holds. */
enum place_holds html_value_of(const struct html_place *p);

/* Names: kept in lower case up to PLACE_NAME_MAX, or the last letters. */
void html_place_name_add(struct html_place *p, char c);
void html_place_name_last(struct html_place *p, char c, uint8_t letters);
bool html_place_is(const struct html_place *p, const char *name);

#endif
