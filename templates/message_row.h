/*
 * message_row.h - the source of a message out of rows, whoever read them.
 *
 * Senders and the API keep what a message is made of in the same tables and
 * must make the same message of it, but share no code that knows the
 * database: they hand over a row's columns as texts, in this order.
 */
#ifndef TEMPLATES_MESSAGE_ROW_H
#define TEMPLATES_MESSAGE_ROW_H

#include "templates/message.h"

#define SNIPPETS_MAX          200
#define SNIPPET_BYTES_MAX     (256U << 10)
#define SNIPPETS_BYTES_MAX    (1U << 20) /* of all of them */
#define SNIPPET_NAME_MAX      100
#define MESSAGE_FILE_NAME_MAX 200 /* bytes of an attachment's name */

/* Columns of the statements message_source and template_source. */
enum message_column {
	MESSAGE_SUBJECT = 0,
	MESSAGE_PREHEADER,
	MESSAGE_HTML,
	MESSAGE_TEXT,
	MESSAGE_MARKDOWN,
	MESSAGE_LAYOUT,
	MESSAGE_TRANSLATIONS,
	MESSAGE_MISSING,
	MESSAGE_DEFAULTS,
	MESSAGE_UTM_SOURCE,
	MESSAGE_UTM_MEDIUM,
	MESSAGE_UTM_CAMPAIGN,
	MESSAGE_UTM_TERM,
	MESSAGE_UTM_CONTENT,
	MESSAGE_TRACK_CLICKS,
	MESSAGE_TRACK_OPENS,
	MESSAGE_COLUMN__COUNT
};

/* Fills what the columns say, and nothing else. */
void message_row_read(struct message_source *source,
    const struct str columns[MESSAGE_COLUMN__COUNT]);
/* "empty", "default" or "fail"; anything else is empty. */
enum message_missing message_missing_of(struct str name);

struct message_snippet {
	struct str name, html;
	bool used; /* somebody asked for it */
};

struct message_snippets {
	struct message_snippet *at;
	size_t n;
};

/* A liquid_partial_fn; arg is the struct message_snippets. */
bool message_snippet_find(struct str name, struct str *source, void *arg);

#endif
