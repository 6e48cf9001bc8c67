/*
 * message_parts.h - the inside of a compiled message, for its two halves:
 * rendering (message.c) and composing (compose.c).
 */
#ifndef TEMPLATES_MESSAGE_PARTS_H
#define TEMPLATES_MESSAGE_PARTS_H

#include "templates/message_data.h"

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

/* One rendering: the caller fills the first four. */
struct message_rendering {
	const struct message *m;
	struct arena *arena;
	struct buf *scratch; /* left empty */
	struct message_error *error;
	struct message_data data;
};

/* As message_render. */
bool message_render_parts(struct message_rendering *r,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient,
    struct message_rendered *out) MUST_USE;

/* Tells an error that has no place in the template; gives false. */
bool message_fail(struct message_error *error, const char *part,
    const char *text);

#endif
