/*
 * render_source.h - what `volley render` is told, and the files that it names
 * made into the source of a message.
 */
#ifndef TEMPLATES_RENDER_SOURCE_H
#define TEMPLATES_RENDER_SOURCE_H

#include "templates/message.h"
#include "templates/snippet_folder.h"

/* The words of the command line; NULL: not given. */
struct render_options {
	const char *template, *data, *text, *layout, *snippets, *translations;
	const char *defaults;
	const char *attach[MESSAGE_ATTACHMENTS_MAX]; /* FILE[,inline=CID] */
	size_t attach_count;
	struct str subject, preheader, from, base_url, postal_address;
	enum message_missing missing;
	bool eml, markdown;
};

struct render_source {
	const struct render_options *options;
	struct arena arena; /* of all files, and of what is rendered */
	struct message_source source;
	struct message_attachment files[MESSAGE_ATTACHMENTS_MAX];
	struct str data;
	struct snippet_folder folder;
};

void render_source_init(struct render_source *s,
    const struct render_options *options);
void render_source_release(struct render_source *s);

/* Reads everything; a file that cannot be read is told on stderr. */
bool render_source_read(struct render_source *s) MUST_USE;

/* The file that a part of the message stands in, else the part's name. */
const char *render_source_file(const struct render_options *options,
    const char *part);

#endif
