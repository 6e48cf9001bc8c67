/*
 * pop3_content.h - a message as the server sends it (RFC 1939, 3), with the
 * stuffed dots gone, as the bytes come and without I/O.
 *
 *   content = *( line CRLF ) "." CRLF, a line that begins with "." has two
 *
 * Only CRLF ends a line: a message that holds a bare LF cannot end itself.
 * Bounded: of what is longer than POP3_PART_MAX the beginning is kept, and
 * nobody waits for the rest.
 */
#ifndef BOUNCE_POP3_CONTENT_H
#define BOUNCE_POP3_CONTENT_H

#include "bounce/mail_events.h"
#include "lib/base/buf.h"

#define POP3_PART_MAX MAIL_PART_MAX

enum pop3_content_state {
	POP3_CONTENT_START = 0, /* of a line */
	POP3_CONTENT_DOT,       /* there: a dot, which is not kept */
	POP3_CONTENT_DOT_CR,
	POP3_CONTENT_TEXT,
	POP3_CONTENT_CR,
	POP3_CONTENT_OVER, /* the last line was seen */
	POP3_CONTENT_CUT,  /* there is more than we take */
};

struct pop3_content {
	enum pop3_content_state state;
	struct buf bytes;
};

void pop3_content_init(struct pop3_content *c);
void pop3_content_release(struct pop3_content *c);
void pop3_content_reset(struct pop3_content *c); /* for the next message */

/* Takes what belongs to the message, `used` bytes of it.  True: that was
 * all, the state says of what. */
bool pop3_content_feed(struct pop3_content *c, struct str data,
    size_t *used) MUST_USE;

#endif
