/*
 * message_parts.h - the inside of a compiled message, for its two halves:
 * rendering (message.c) and composing (compose.c).
 */
#ifndef TEMPLATES_MESSAGE_PARTS_H
#define TEMPLATES_MESSAGE_PARTS_H

#include "templates/message.h"

enum message_part {
	PART_SUBJECT = 0,
	PART_PREHEADER,
	PART_HTML,
	PART_TEXT,
	PART__COUNT
};

struct message {
	struct liquid *parts[PART__COUNT]; /* NULL: the template has none */
	bool reads_contact;                /* `contact` or any name */
};

/* As message_render; `scratch` is left empty. */
bool message_render_parts(const struct message *m,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a,
    struct buf *scratch, struct message_rendered *out,
    struct message_error *error) MUST_USE;

/* Tells an error that has no place in the template; gives false. */
bool message_fail(struct message_error *error, const char *part,
    const char *text);

#endif
