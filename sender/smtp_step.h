/*
 * smtp_step.h - the things an SMTP client waits for a reply to: in words,
 * how long, and in which phase (RFC 5321, 4.5.3.2; S-031).
 */
#ifndef SENDER_SMTP_STEP_H
#define SENDER_SMTP_STEP_H

#include "lib/mail/diagnosis.h"

enum smtp_step {
	SMTP_STEP_GREETING = 0, /* nothing is sent; the server speaks first */
	SMTP_STEP_EHLO,
	SMTP_STEP_HELO,
	SMTP_STEP_STARTTLS,
	SMTP_STEP_AUTH,
	SMTP_STEP_MAIL,
	SMTP_STEP_RCPT,
	SMTP_STEP_DATA,
	SMTP_STEP_BODY,     /* a message and its final dot */
	SMTP_STEP_LONE_DOT, /* the end of a DATA without recipients */
	SMTP_STEP_RSET,
	SMTP_STEP_QUIT,
	SMTP_STEP__COUNT
};

const char *smtp_step_doing(enum smtp_step s); /* "sending RCPT TO" */
int smtp_step_timeout_s(enum smtp_step s);
enum phase smtp_step_phase(enum smtp_step s);

#endif
