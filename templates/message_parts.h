/*
 * message_parts.h - the inside of a compiled message, for its halves:
 * building it (message_build.c), rendering (message.c) and composing
 * (compose.c).
 */
#ifndef TEMPLATES_MESSAGE_PARTS_H
#define TEMPLATES_MESSAGE_PARTS_H

#include "templates/html/html_rewrite.h"
#include "templates/message_data.h"
#include "templates/mime.h"

#define MESSAGE_MEMORY_MAX (64U << 20)

enum message_part {
	PART_SUBJECT = 0,
	PART_PREHEADER, /* stands in the HTML, too: for previews only */
	PART_HTML,
	PART_TEXT,
	PART__COUNT
};

/* What the author wrote, so that an error has the author's line. */
struct message_written {
	struct liquid *program; /* NULL: none */
	const char *part;
};

/* Immutable once compiled. */
struct message {
	struct arena memory;
	struct liquid *parts[PART__COUNT]; /* NULL: there is none */
	/* The HTML with links as they are and without a pixel; NULL: that of
	 * `parts` is so. */
	struct liquid *untracked;
	bool text_is_derived;
	struct message_written written[2]; /* body and layout */
	bool reads_contact;                /* `contact` or any name */
	bool fails_missing;
	struct value defaults;     /* object or nil */
	struct value translations; /* object or nil */
	struct str default_locale;
	struct message_utm utm;
	const struct html_link *links;
	uint32_t link_count;
	const struct message_attachment *attachments; /* copies */
	size_t attachment_count;
	struct mime mime;
};

/* message_build.c: from the source to the programs. */
bool message_build(struct message *m, const struct message_source *src,
    struct message_error *error) MUST_USE;

/* One message on its way: the caller fills the first six. */
struct message_rendering {
	const struct message *m;
	const struct message_campaign *campaign;
	const struct message_recipient *recipient;
	struct arena *arena;
	struct message_error *error;
	bool preview; /* nothing is tracked; see message_is_tracked */
	struct message_data data;
};

/* Links and opens of what is composed count: there is a key to sign with,
 * and it is no test. */
bool message_is_tracked(const struct message_campaign *campaign);

/* Fills r->data. */
bool message_begin(struct message_rendering *r) MUST_USE;
/* The program of a part for this rendering; NULL: there is none. */
const struct liquid *message_program(const struct message_rendering *r,
    enum message_part part);
/* Appends the part to `out`. */
bool message_render_part(struct message_rendering *r, enum message_part part,
    struct buf *out) MUST_USE;
/* A render of the part failed, r->error->at says how: finds the part and the
 * place as the author knows them.  Gives false. */
bool message_explain(struct message_rendering *r, enum message_part part);

/* message_begin, then the parts, trimmed, into the arena; `scratch` is left
 * empty. */
bool message_render_parts(struct message_rendering *r, struct buf *scratch,
    struct message_rendered *out) MUST_USE;

/* Tells an error that has no place in the template; gives false. */
bool message_fail(struct message_error *error, const char *part,
    const char *text);

#endif
