/*
 * smtp_reply.h - one SMTP reply, assembled line by line (RFC 5321, 4.2).
 *
 *   reply = *( code "-" [ text ] CRLF ) code [ SP [ text ] ] CRLF
 *
 * The parser allocates nothing and does no I/O.  Feed it lines without
 * their CRLF until it says SMTP_REPLY_DONE, read the fields, reset it.
 * A line over SMTP_REPLY_LINE_MAX, a reply over SMTP_REPLY_MAX, a line
 * without a code and a code that changes are protocol errors (S-030).
 *
 * Of the text at most SMTP_REPLY_TEXT_MAX bytes are kept, fit to be stored
 * and shown: valid UTF-8, no control bytes.  Lines are joined by one blank;
 * the enhanced status that servers repeat in front of every line is kept in
 * the first only.  An enhanced status counts only when its class is the
 * reply's own (S-037).
 */
#ifndef SENDER_SMTP_REPLY_H
#define SENDER_SMTP_REPLY_H

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/mail/status.h"

#define SMTP_REPLY_LINE_MAX 8192
#define SMTP_REPLY_MAX      (64U << 10)
#define SMTP_REPLY_TEXT_MAX 2048

enum smtp_reply_progress {
	SMTP_REPLY_MORE = 0,
	SMTP_REPLY_DONE,
	SMTP_REPLY_BAD /* err says why; the peer is not to be trusted */
};

struct smtp_reply {
	int code;             /* 200..599; 0: no line yet */
	struct status status; /* class 0 when none */
	size_t lines;
	size_t bytes; /* as they came, line ends not counted */
	size_t text_n;
	char text[SMTP_REPLY_TEXT_MAX + 1];
};

void smtp_reply_reset(struct smtp_reply *r);
enum smtp_reply_progress smtp_reply_feed(struct smtp_reply *r, struct str line,
    struct err *err) MUST_USE;

/* As feed would have left it: for refusals of our own. */
void smtp_reply_make(struct smtp_reply *r, int code, struct status status,
    const char *text);
/* Copies what is in use, not the whole buffer. */
void smtp_reply_copy(struct smtp_reply *to, const struct smtp_reply *from);
struct str smtp_reply_text(const struct smtp_reply *r);
/* "550 5.1.1 their words", cut short, for the text of an err. */
#define SMTP_REPLY_BRIEF_MAX 240
const char *smtp_reply_brief(const struct smtp_reply *r,
    char out[SMTP_REPLY_BRIEF_MAX]);
/* 2 yes, 3 go on, 4 later, 5 no; unknown codes judged by their first digit. */
int smtp_reply_class(const struct smtp_reply *r);

#endif
