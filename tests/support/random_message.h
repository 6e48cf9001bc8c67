/*
 * random_message.h - messages of everything that makes trouble in mail.
 *
 * The same number gives the same message: subject, names, bodies and names of
 * files of all kinds of letters, very long words and lines, controls, lone
 * dots, "From ", things that look like encoded words or boundaries; half of
 * it in the template, half of it in values.  All of it is UTF-8.
 */
#ifndef TESTS_SUPPORT_RANDOM_MESSAGE_H
#define TESTS_SUPPORT_RANDOM_MESSAGE_H

#include "templates/message.h"

#define RANDOM_FILES_MAX 4

struct random_message {
	struct message_source source;
	struct message_attachment files[RANDOM_FILES_MAX];
	struct message_campaign campaign;
	struct message_recipient recipient;
	uint64_t state;
	struct arena *arena;
};

/* Everything it points to is in the arena, with what is composed. */
void random_message_make(struct random_message *r, uint32_t number,
    struct arena *a);

/* The message, and what was rendered for it. */
void random_message_compose(struct random_message *r, struct buf *out,
    struct message_rendered *rendered);

/* A name as a header field shows it: on one line, trimmed. */
struct str random_message_name(struct random_message *r, struct str name);

#endif
