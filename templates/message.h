/*
 * message.h - a campaign's message: compiled once, composed per recipient.
 *
 * message_compile takes the template's parts, message_compose writes the
 * RFC 5322 bytes for one delivery: CRLF line ends only, no bare CR or LF, no
 * line over 998, 7-bit clean, not dot-stuffed.  Same inputs give the same
 * bytes, so a retry sends what the first attempt sent (S-007): date and
 * boundaries come from the delivery, not from the clock.
 *
 * What a template sees: `contact` (email, name, and every attribute),
 * the attributes also as top-level names, `campaign` (id, name), `list` (id,
 * name), `unsubscribe_url`.
 *
 * Headers: Date, From, To, Reply-To, Subject, Message-ID, MIME-Version,
 * List-Unsubscribe, List-Unsubscribe-Post, List-Id, Feedback-ID,
 * Content-Type (multipart/alternative, text first; text/plain alone when
 * there is no HTML).  The text part is derived from the HTML when the template has none.
 */
#ifndef TEMPLATES_MESSAGE_H
#define TEMPLATES_MESSAGE_H

#include "lib/mail/address.h"
#include "lib/mail/token.h"
#include "templates/liquid.h"

#define MESSAGE_MAX (4U << 20) /* bytes of a composed message */

struct message_source {
	struct str subject, preheader, html, text;
};

/* Which part of the template an error is in. */
struct message_error {
	const char
	    *part; /* "subject", "preheader", "html", "text", "headers" */
	struct liquid_error at;
};

struct message;

bool message_compile(struct message **out, const struct message_source *src,
    struct message_error *error) MUST_USE;
void message_free(struct message *m);

/* The same for all recipients of a campaign; borrowed. */
struct message_campaign {
	int64_t id;
	struct str name;
	struct str from_name;
	struct address from;
	bool has_reply_to;
	struct address reply_to;
	bool reply_token;     /* Reply-To gets +token (S-104) */
	struct str base_url;  /* no trailing slash */
	struct str sender_id; /* Feedback-ID's constant last part, 5..15 */
	bool is_test;         /* subject is marked, no unsubscribe token acts */
};

struct message_recipient {
	char token[TOKEN_LEN + 1]; /* of the delivery */
	struct address to;
	struct str name;
	struct str attributes; /* JSON object */
	int64_t list_id;
	struct str list_name;
	int64_t date_us; /* Date header; kept over retries */
};

/* Replaces out's content.  FAIL_INPUT-like failures of the template or data
 * are told in error; they concern this message only. */
bool message_compose(const struct message *m,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a, struct buf *out,
    struct message_error *error) MUST_USE;

/* The rendered parts alone, for POST /v1/templates/{id}/render. */
struct message_rendered {
	struct str subject, preheader, html, text; /* in the arena */
};
bool message_render(const struct message *m,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a,
    struct message_rendered *out, struct message_error *error) MUST_USE;

/* Envelope sender with the delivery's token: bounces@d -> bounces+TOKEN@d
 * (S-100); without a return path, the from address. */
bool message_return_path(char out[ADDRESS_MAX + 1], struct str return_path,
    const char *token, struct err *err) MUST_USE;

/* <token@domain-of-from> without the angle brackets (S-006). */
struct str message_id(struct arena *a, const char *token,
    const struct address *from);

int render_main(int argc, char **argv); /* volley render */

#endif
