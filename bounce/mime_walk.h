/*
 * mime_walk.h - one message of a mailbox, taken apart: what classification
 * and attribution ask of it, and nothing else.
 *
 * Any bytes are a message: what cannot be understood is left out, and
 * `limits` says what was cut.  Nothing is opened, fetched or
 * executed; attachments are not decoded.  Line ends may be CRLF, LF or CR;
 * empty lines and an mbox "From " before the header are skipped.  Text is
 * UTF-8, repaired with U+FFFD where it was not.
 *
 * All strings belong to the mail's arena and go with inbound_mail_release.
 * mime_walk.c and inbound_header.c are the only users of GMime; call
 * mime_walk_start once a process before.
 */
#ifndef BOUNCE_MIME_WALK_H
#define BOUNCE_MIME_WALK_H

#include "lib/base/arena.h"

#define INBOUND_RAW_MAX          (1U << 20) /* bytes of a message looked at */
#define INBOUND_LINES_MAX        20000      /* and lines */
#define INBOUND_DASHES_MAX       2000       /* lines that may separate parts */
#define INBOUND_DEPTH_MAX        32         /* parts within parts */
#define INBOUND_PARTS_MAX        500
#define INBOUND_HEADER_MAX       (256U << 10) /* header block of the message */
#define INBOUND_HEADER_LINES_MAX 2000
#define INBOUND_TEXT_MAX         (64U << 10) /* the text for people */
#define INBOUND_REPORT_MAX       (64U << 10) /* one report part */
#define INBOUND_REPORTS_MAX      8
#define INBOUND_REFERENCES_MAX   100
#define INBOUND_RETURNED_MAX     (64U << 10) /* header of the returned mail */

enum inbound_limit { /* bits */
	INBOUND_CUT_RAW = 1 << 0,
	INBOUND_CUT_HEADER = 1 << 1,
	INBOUND_CUT_DEPTH = 1 << 2,
	INBOUND_CUT_PARTS = 1 << 3,
	INBOUND_CUT_TEXT = 1 << 4,
	INBOUND_CUT_REPORTS = 1 << 5,
};

struct inbound_mail {
	struct arena arena;
	unsigned limits; /* enum inbound_limit */

	struct str
	    header; /* the block, line ends made LF, lines as they came */
	/* Fields, unfolded; the first of a name counts.  STR_NONE: absent. */
	struct str from;         /* decoded */
	struct str from_address; /* local@domain, lower case; empty: none */
	struct str to;           /* decoded */
	struct str subject;      /* decoded */
	struct str message_id;   /* without angle brackets */
	struct str in_reply_to;  /* the first id, without angle brackets */
	struct str references[INBOUND_REFERENCES_MAX]; /* oldest first */
	int reference_count;
	int64_t date_us;        /* 0: none or unreadable */
	struct str return_path; /* between the angle brackets; "" for <> */
	bool has_return_path;
	struct str delivered_to; /* Delivered-To, else X-Original-To */
	struct str auto_submitted, precedence; /* first word, lower case */
	struct str list_id;
	struct str failed_recipients; /* X-Failed-Recipients */
	bool has_auto_reply; /* X-Autoreply, X-Autorespond and their like */

	struct str content_type; /* of the message: "multipart/report" */
	struct str report_type;  /* its report-type: "delivery-status" */

	struct str text; /* for people, UTF-8; text/plain where there is one */
	bool text_is_html; /* it was made from HTML, marks taken out */
	/* The text up to where it gives a message back; in lower case, too. */
	struct str own_text, own_low;

	/* The text of reports as it stands, transfer encoding undone. */
	struct str delivery_status[INBOUND_REPORTS_MAX];
	int delivery_status_count;
	struct str feedback_report; /* message/feedback-report */
	struct str disposition;     /* message/disposition-notification */
	bool has_feedback_report, has_disposition;

	/* Header block of the first returned message: message/rfc822,
	 * text/rfc822-headers, message/global, message/global-headers, else
	 * what the text gives back (returned_text.h). */
	struct str returned;
	bool has_returned;
};

void mime_walk_start(void);

/* `raw` is only read during the call; its first bytes may be all there is
 * (a partial fetch).  Never fails; see `limits`. */
void mime_walk(struct inbound_mail *m, struct str raw);
void inbound_mail_release(struct inbound_mail *m);

/* Any other field of the message or of the returned one: the first of that
 * name, unfolded, in the mail's arena; STR_NONE when absent. */
struct str inbound_mail_field(struct inbound_mail *m, const char *name);
struct str inbound_mail_returned_field(struct inbound_mail *m,
    const char *name);

#endif
