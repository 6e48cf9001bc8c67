/*
 * mime.h - the body of a message: its parts and what is around them.
 *
 *   multipart/mixed                     with files attached
 *     multipart/related                 with files that the HTML shows
 *       multipart/alternative           with HTML
 *         text/plain
 *         text/html
 *       image/png, Content-ID           ...
 *     application/pdf                   ...
 *
 * A level without a reason is left out.  Everything but the two texts is the
 * same for all recipients, written once per campaign, and copied.
 *
 * Boundaries are made of a hash of the content, 128 bits of it, so that they
 * are the same on every attempt and in every message.  They begin with what
 * neither quoted-printable nor base64 writes, and a text with a line that
 * begins so is never sent as it is (mime_text.h): no part has one (S-010).
 */
#ifndef TEMPLATES_MIME_H
#define TEMPLATES_MIME_H

#include "templates/message.h"
#include "templates/mime_text.h"

/* What stands before, between and behind the texts; empty around one that
 * is the whole body. */
struct mime_frame {
	struct str open, between, close;
};

/* Immutable; everything is in the message's arena. */
struct mime {
	struct mime_program html, untracked, text;
	/* text_only: there is no HTML, and all files are attached; or it has
	 * rendered to nothing, and what it would show stays away. */
	struct mime_frame with_html, text_only;
	bool is_shared;
};

struct message;

/* The last stage of message_compile.  False: error->part is
 * "attachments". */
bool mime_make(struct mime *mime, const struct message *m, struct arena *a,
    struct message_error *error) MUST_USE;

#endif
