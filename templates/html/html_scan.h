/*
 * html_scan.h - a template's HTML cut into text, Liquid marks, tags and
 * comments: one pass, every byte in exactly one piece, any input.
 *
 * Conditional comments are looked into, since Outlook reads what stands in
 * them: their two ends are HTML_COMMENT, what is between comes as from
 * elsewhere with `conditional` set.
 *
 *   <!--[if mso]> ... <![endif]-->         hidden from all but Outlook
 *   <!--[if !mso]><!--> ... <!--<![endif]-->   two plain comments
 *
 * What stands in <style>, <script>, <title>, <textarea> and the like is one
 * HTML_RAW, marks and all; its `tag` is the element's.
 */
#ifndef TEMPLATES_HTML_SCAN_H
#define TEMPLATES_HTML_SCAN_H

#include "templates/html/html_tag.h"

enum html_piece_kind {
	HTML_END = 0,
	HTML_TEXT,    /* up to the next tag, comment or mark */
	HTML_MARK,    /* one Liquid mark between tags */
	HTML_TAG,     /* with its marks */
	HTML_RAW,     /* read as text up to the end tag, which is a piece of
		       * its own; never empty */
	HTML_COMMENT, /* also declarations */
};

struct html_piece {
	enum html_piece_kind kind;
	struct str bytes;    /* all of it */
	struct html_tag tag; /* of HTML_TAG and HTML_RAW */
	bool conditional;    /* inside of <!--[if ...]> */
};

struct html_scan {
	const char *p, *end;
	const char *condition_end; /* its "<![endif]-->"; NULL: outside */
	struct html_tag raw;       /* the element that was just opened */
};

void html_scan_init(struct html_scan *s, struct str html);
/* False at the end, with kind HTML_END. */
bool html_scan_next(struct html_scan *s, struct html_piece *piece);

/* Where the body begins: behind <body ...>; without one behind </head>,
 * <html ...> or the doctype, what there is; else 0. */
size_t html_body_start(struct str html);
/* Where it ends: before the last </body>, else before </html>, else the end. */
size_t html_body_end(struct str html);

#endif
