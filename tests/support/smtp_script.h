/*
 * smtp_script.h - a conversation with an SMTP server as a text file, read for
 * both sides: the bare session, and a server that plays the other part.
 *
 *   # why this conversation is here
 *   > key value     before the rest: tls none|implicit|starttls, auth NAME,
 *                   user, password, local no, messages N, hold yes,
 *                   sockets no (only for the bare session);
 *                   message N key=value ... with from, to, envid, data, size, utf8,
 *                   8bit; values take \r \n \0 \xNN
 *   S: text         a line that the server says
 *   S> text\r\n     bytes that it says, as they are, right after those before
 *   C: text         a line that we must have said by now
 *   C~ glob         the same, by pattern
 *   T:              the handshake
 *   M: N            from now on there is one more message to send, N
 *   D:              a held dot may go
 *   Q:              the owner ends the session
 *   X: closed|reset|timeout   the connection ends
 *   = N how phase words       what came of message N; how is accepted,
 *                   refused, local, uncertain or unsent, words the reply or
 *                   the kind of error
 *   ! kind          why the session ended; `none` after QUIT
 */
#ifndef TESTS_SUPPORT_SMTP_SCRIPT_H
#define TESTS_SUPPORT_SMTP_SCRIPT_H

#include "lib/base/buf.h"

#define SMTP_SCRIPT_STEPS_MAX    200
#define SMTP_SCRIPT_MESSAGES_MAX 8

struct smtp_script_step {
	char kind;    /* the letter; '=' and '!' too */
	bool pattern; /* C~ */
	char *text;   /* of S: with its CRLF; NUL-terminated besides */
	size_t n;
	int line;
};

struct smtp_script_message {
	char *from, *to, *envid; /* envid: NULL when there is none */
	struct buf data;
	bool utf8, eight_bit;
};

struct smtp_script {
	const char *path;
	char tls[16], auth[24], user[64], password[64];
	bool local, hold, sockets;
	int messages; /* from the start; M: adds to them */
	struct smtp_script_message message[SMTP_SCRIPT_MESSAGES_MAX + 1];
	struct smtp_script_step steps[SMTP_SCRIPT_STEPS_MAX];
	int count;
};

/* Dies with file and line where it does not understand. */
struct smtp_script *smtp_script_read(const char *path);
void smtp_script_free(struct smtp_script *s);

/* Whether a line, without its end, is what a C step wants. */
bool smtp_script_matches(const struct smtp_script_step *step, struct str line);

#endif
