/*
 * html_rewrite.h - the source of an HTML part made ready for sending.
 *
 * Works on a template's source, before it is compiled, so that nothing is
 * left to do per recipient: Liquid marks are opaque and every byte that is
 * not to change stays as it is.
 *
 *   href="https://x.example/a"          -> href="{{ __click }}0"
 *   href="https://x.example/?u={{ u }}" -> href="{% link 1 %}...{% endlink %}"
 *
 * __click is `base_url/c/TOKEN/`.  A `link` is rendered, and handed to
 * liquid_data.link, which writes base_url/c/TOKEN/N/SIGNATURE?u=TARGET
 * (link_sign of lib/mail/link.h; X-006).  Links in <a>, <area>, in VML and
 * inside of <!--[if mso]> comments are rewritten; never mailto:, tel:, sms:,
 * cid:, anchors, what is marked `data-volley-track="off"` (the mark is taken
 * out), nor the built-ins *_url.  What begins with a mark may turn out to be
 * no web link: the callback then writes it as it is.
 *
 * UTM parameters are written into the source where it tells enough of the
 * URL; else the URL becomes `{% link HTML_LINK_UTM %}...{% endlink %}`, for
 * the callback to add them, here and in the text part.
 */
#ifndef TEMPLATES_HTML_REWRITE_H
#define TEMPLATES_HTML_REWRITE_H

#include "lib/base/arena.h"
#include "templates/message.h"

#define HTML_LINKS_MAX 500
#define HTML_LINK_UTM  HTML_LINKS_MAX /* number of a link not tracked */

struct html_link {
	struct str url; /* as in the source, entities decoded */
	bool personal;
};

struct html_rewrite {
	/* in */
	struct str preheader; /* source of it; goes behind <body> */
	struct message_utm utm;
	bool track_clicks, track_opens;
	struct arena *arena; /* links are put there */
	/* out: equal URLs share a number; kept from one source to the next, so
	 * that a snippet's links go on counting */
	struct html_link *links;
	uint32_t link_count;
};

/* UTM parameters only: what the text part is derived from. */
void html_add_utm(struct buf *out, struct str html,
    const struct message_utm *utm);
/* Preheader, clicks, pixel.  False: more than HTML_LINKS_MAX links. */
bool html_rewrite(struct buf *out, struct str html, struct html_rewrite *how,
    struct err *err) MUST_USE;

#endif
