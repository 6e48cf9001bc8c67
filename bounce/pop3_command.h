/*
 * pop3_command.h - the one writer of commands (RFC 1939, 3; RFC 2449, 4).
 *
 * Verbs are literals of this program; everything else goes through a typed
 * function, which refuses control bytes (below 0x20, and 0x7f) and, where a
 * blank would end the argument, blanks.  There is no way to add raw
 * text.
 *
 * Failures stick: add what the command needs and check once with
 * pop3_command_end.  A command that fails has no bytes.
 */
#ifndef BOUNCE_POP3_COMMAND_H
#define BOUNCE_POP3_COMMAND_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define POP3_COMMAND_MAX 255 /* RFC 2449, 4, with its CRLF */

struct pop3_command {
	struct buf bytes;
	struct err failure; /* the first one */
};

void pop3_command_init(struct pop3_command *c);
void pop3_command_release(struct pop3_command *c); /* wipes */

void pop3_command_begin(struct pop3_command *c, struct str verb);
void pop3_command_number(struct pop3_command *c, uint64_t n);
void pop3_command_word(struct pop3_command *c, struct str word);
/* To the end of the line: the password, which may have blanks. */
void pop3_command_rest(struct pop3_command *c, struct str text);
/* What SASL wants to say first, "=" for nothing (RFC 5034, 4); false when
 * the line has no room for it, and then it is as it was. */
bool pop3_command_initial(struct pop3_command *c, struct str bytes) MUST_USE;
/* Appends the command to `out`.  FAIL_INPUT: it cannot be said. */
bool pop3_command_end(struct pop3_command *c, struct buf *out,
    struct err *err) MUST_USE;

#endif
