/*
 * content.h - what a campaign's messages are made of, out of the database.
 *
 * Rows of message_source, message_snippets and message_attachments, which
 * give what was frozen, or for a draft what is there now.  Starting a
 * campaign, sending it and trying it read them in one way and so make the
 * same message.
 */
#ifndef SENDER_CONTENT_H
#define SENDER_CONTENT_H

#include "db/link.h"
#include "templates/message_row.h"

/* Statements, and rows that content_read wants. */
#define CONTENT_ROWS 3

/* Borrows from the rows; attachments lie in the arena. */
struct content {
	struct message_source source;
	struct message_snippets snippets;
	struct str postal_address;
};

/* Adds the statements.  `postal_address`: of the settings. */
void content_ask(struct db_batch *b, int64_t campaign_id,
    const char *postal_address);

/* False: it is gone, or its layout is. */
bool content_read(struct content *c, const struct db_result rows[CONTENT_ROWS],
    struct arena *a, struct err *err) MUST_USE;
/* The error says which part, line and column. */
bool content_compile(struct message **out, const struct content *c,
    struct err *err) MUST_USE;

/* The attributes that a message reads. */
struct content_attributes {
	bool all;
	struct str *names;
	size_t n;
};

/* As an argument of lease_recipients and retry_claim; NULL: all of them. */
struct db_arg content_attributes_arg(const struct content_attributes *wanted);

/* What a sender keeps of it. */
struct content_message {
	struct message *message; /* owned: message_free */
	struct str postal_address;
	struct content_attributes attributes;
};

/* Reads and compiles; texts go into the arena `keep`. */
bool content_load(struct content_message *out,
    const struct db_result rows[CONTENT_ROWS], struct arena *keep,
    struct err *err) MUST_USE;

#endif
