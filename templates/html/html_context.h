/*
 * html_context.h - where in the HTML a merge value stands, and so how it has
 * to be escaped (X-015).
 *
 * A state machine over the template's own text, fed piece by piece; merge
 * values between the pieces never take it elsewhere than to where a harmless
 * one would.
 *
 *   text -> tag -> attribute -> value (plain, URL, style, script) -> tag ...
 *   text -> comment, <title>/<textarea>, <style>, <script>
 *
 * What stands in `<!--[if mso]>` is read as HTML, because Outlook does.
 * Where branches of a template end at different places, all of them are
 * followed until they meet again (html_place.h); a value there is written so
 * that it is safe at each.
 */
#ifndef TEMPLATES_HTML_CONTEXT_H
#define TEMPLATES_HTML_CONTEXT_H

#include "templates/html/html_place.h"

/* How a value is written, a byte: what it has to become, and flags.  Kept
 * per operation of the program. */
enum escape {
	ESCAPE_NONE = 0,
	ESCAPE_HTML,      /* text, and attributes in quotes: & < > " ' */
	ESCAPE_IMAGE,     /* begins the URL of an image: data:image/ may, too */
	ESCAPE_URL,       /* begins a URL: scheme checked, "#" when refused;
			   * what no URL may hold percent-encoded */
	ESCAPE_URL_MORE,  /* the same behind another value: no "#", but the
			   * colon of a refused scheme encoded */
	ESCAPE_URL_PATH,  /* in its path: all but what paths are made of */
	ESCAPE_URL_DIR,   /* the same behind '/': no other '/' at the front */
	ESCAPE_URL_HOST,  /* begins its host, or a label of it */
	ESCAPE_URL_AFTER, /* behind a host: from '/' on it goes on freely, else
			   * no dots, so that the host stays what it is */
	ESCAPE_URL_PART,  /* in its query or fragment: all but unreserved */
	ESCAPE_CSS,       /* in style="" or <style>: words, numbers, colours;
			   * "x" otherwise, which browsers pass over */
	ESCAPE_STRING,    /* in quotes in a script: \u escapes */
	ESCAPE_SCRIPT,    /* in a script: a JSON literal */
	ESCAPE_TAG,       /* behind '<', '</' and '<!': makes nothing of it */
	ESCAPE_TAG_REST,  /* behind the first letters of a tag: digits; "0"
			   * otherwise, which makes no tag that we know */
	ESCAPE_NAME,      /* an attribute's name, and whatever is not known:
			   * letters and digits; "x" otherwise */
	ESCAPE_KIND = 0x0f,
	/* and, or-ed to one of these: */
	ESCAPE_BARE = 0x10,    /* no quotes around: blanks, = and ` too */
	ESCAPE_COMMENT = 0x20, /* in a comment: no '-' at the end */
	ESCAPE_IN_CSS = 0x40,  /* a URL in url(): ( ) ; and quotes, too */
	ESCAPE_RAW = 0x80,     /* no character references are read here; with
				* ESCAPE_BARE: the value begins here, so that
				* an empty one is written as a blank */
	/* for a whole program that is no HTML: */
	ESCAPE_HEADER = 0x10, /* one line */
	ESCAPE_TEXT = 0x20,   /* derived from HTML: safe values as text */
};

#define HTML_PLACES_MAX 8

struct html_context {
	uint8_t count;
	bool derived; /* it is no HTML, but text derived from it */
	bool lost;    /* more places than are followed: nothing is sure now */
	struct html_place places[HTML_PLACES_MAX];
};

void html_context_init(struct html_context *c);
/* The same for text derived from HTML: only URLs are places there. */
void html_context_init_derived(struct html_context *c);
void html_context_feed(struct html_context *c, struct str text);
/* How a value at this place is written: an enum escape with its flags. */
uint8_t html_context_escape(const struct html_context *c);
/* A value was written here; `raw`: by an author who vouches for it. */
void html_context_value(struct html_context *c, bool raw);
/* Text goes on here, outside of tags, comments, scripts and the like. */
bool html_context_is_text(const struct html_context *c);
/* Where branches meet.  True when `c` did not know the other's places. */
bool html_context_join(struct html_context *c,
    const struct html_context *other);

#endif
