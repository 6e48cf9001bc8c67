/*
 * message.h - a campaign's message: compiled once, composed per recipient.
 *
 * message_compile takes the template's parts, message_compose writes the
 * RFC 5322 bytes for one delivery: CRLF line ends only, no bare CR or LF, no
 * line over 998, 7-bit clean but for recipients with eight_bit, not
 * dot-stuffed.  Same inputs give the same bytes, so a retry sends what the
 * first attempt sent (S-007): the date comes from the delivery, boundaries
 * from the campaign's content.
 *
 * What a template sees: `contact` (email, name, and every attribute), all of
 * these also as top-level names, `campaign` (id, name), `list` (id, name),
 * `unsubscribe_url`, `preferences_url`, `view_in_browser_url` and
 * `postal_address`; no attribute hides one of these.  The time of "now" is
 * the Date header's, so that a retry renders the same.
 *
 * What is transactional has no list and none of the List- fields.
 *
 * Headers: Date, From, To, Reply-To, Subject, Message-ID, MIME-Version,
 * List-Unsubscribe, List-Unsubscribe-Post, List-Id, Feedback-ID,
 * Content-Type (multipart/alternative, text first; text/plain alone when
 * there is no HTML; in multipart/related with inline files, in
 * multipart/mixed with others).  The text part is derived from the HTML when the template
 * has none.  Names of people and lists are put on one line; what cannot stand
 * in a header fails this message.
 *
 * Clicks and opens count only in what goes to recipients who may be followed:
 * what goes to others, a test message and what message_render gives (previews,
 * "view in browser") carry the links as they are and no pixel.  The text part's links are never tracked.
 */
#ifndef TEMPLATES_MESSAGE_H
#define TEMPLATES_MESSAGE_H

#include "lib/mail/address.h"
#include "lib/mail/token.h"
#include "templates/liquid/liquid.h"

#define MESSAGE_MAX       (4U << 20)  /* bytes of a composed message */
#define MESSAGE_ARENA_MAX (12U << 20) /* what an arena for it must allow */

/* A file that goes with every message of the campaign. */
struct message_attachment {
	struct str name;       /* of the file, UTF-8; no path */
	struct str type;       /* "application/pdf" */
	struct str content_id; /* for src="cid:..."; empty: not inline */
	struct str content;    /* bytes */
};

#define MESSAGE_ATTACHMENTS_MAX      10
#define MESSAGE_ATTACHMENT_BYTES_MAX (2U << 20) /* all of them */

/* What to do about a value that the recipient does not have. */
enum message_missing {
	MISSING_EMPTY = 0, /* nothing stands there */
	MISSING_DEFAULT,   /* that of `defaults`, else nothing */
	MISSING_FAIL,      /* the recipient fails */
};

struct message_utm {
	struct str source, medium, campaign, term, content; /* empty: none */
};

/* All of it is borrowed until message_compile returns. */
struct message_source {
	struct str subject, preheader, html, text;
	struct str markdown; /* the body, where there is no html */
	struct str layout;   /* HTML with {{ content }}; empty: none */
	/* JSON: {"de": {"key": "text"}}; the first locale is the default */
	struct str translations;
	struct str defaults; /* JSON object, for MISSING_DEFAULT */
	enum message_missing missing;
	liquid_partial_fn *partial; /* snippets; NULL: there are none */
	void *partial_arg;
	struct message_utm utm;
	bool track_clicks, track_opens;
	const struct message_attachment *attachments;
	size_t attachment_count;
};

/* Which part of the template an error is in. */
struct message_error {
	/* "subject", "preheader", "html", "text", "markdown", "layout",
	 * "translations", "defaults", "attachments", "headers", "data" */
	const char *part;
	struct liquid_error at; /* line 0: no place in the template */
};

struct message;

bool message_compile(struct message **out, const struct message_source *src,
    struct message_error *error) MUST_USE;
void message_free(struct message *m);

/* Tells what the parts read of the data; see liquid_names. */
void message_names(const struct message *m, liquid_name_fn *fn, void *arg);

/* The links that are tracked, by number from 0: the URL as it stands in the
 * template.  `personal`: it has Liquid in it, so that the target stands,
 * signed, in the link itself. */
typedef void message_link_fn(uint32_t number, struct str url, bool personal,
    void *arg);
void message_links(const struct message *m, message_link_fn *fn, void *arg);

/* All recipients get the same body, so that its hash may be kept. */
bool message_body_is_shared(const struct message *m);

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
	bool transactional;   /* it is of no list, and nobody can leave it */
	struct str postal_address; /* of the sender, for the footer */
	const struct keyring
	    *ring; /* signs personal links; NULL: nothing is tracked */
};

struct message_recipient {
	char token[TOKEN_LEN + 1]; /* of the delivery */
	struct address to;
	struct str name;
	struct str attributes; /* JSON object */
	int64_t list_id;
	struct str list_name;
	struct str list_fields; /* message_list_fields; empty: made for it */
	int64_t date_us;        /* Date header; kept over retries */
	bool eight_bit;         /* the account takes 8BITMIME */
	bool no_one_click;      /* its signatures do not cover the claim */
	bool untracked;         /* links as they are, no pixel (T-010) */
};

/* The header fields that are the same for all recipients of a list, to be
 * made once; in the arena. */
bool message_list_fields(struct str *out,
    const struct message_campaign *campaign, int64_t list_id,
    struct str list_name, struct arena *a, struct err *err) MUST_USE;

/* Replaces out's content; out->max is MESSAGE_MAX or more.  Failures concern
 * this message only and are told in error. */
bool message_compose(const struct message *m,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a, struct buf *out,
    struct message_error *error) MUST_USE;

/* The rendered parts alone, nothing in them tracked: for previews and for
 * "view in browser". */
struct message_rendered {
	struct str subject, preheader, html, text; /* in the arena */
};
bool message_render(const struct message *m,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a,
    struct message_rendered *out, struct message_error *error) MUST_USE;

/* Envelope sender with the delivery's token: bounces@d -> bounces+TOKEN@d
 * (S-100).  Campaigns without a return path give their from address.  token
 * NULL: as it is (S-102, none). */
bool message_return_path(char out[ADDRESS_MAX + 1], struct str return_path,
    const char *token, struct err *err) MUST_USE;

/* <token@domain-of-from> without the angle brackets (S-006). */
struct str message_id(struct arena *a, const char *token,
    const struct address *from);

#endif
