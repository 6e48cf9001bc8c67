/*
 * mail_stack.h - tests/mail-stack for a test program: Postfix and Dovecot on
 * free loopback ports, started at the first call, stopped and removed when
 * the program ends, also by a crash.
 */
#ifndef TESTS_SUPPORT_MAIL_STACK_H
#define TESTS_SUPPORT_MAIL_STACK_H

#include "lib/base/str.h"

#define MAIL_STACK_PASSWORD "secret"

/* False when Postfix or Dovecot is not installed: the test is to be skipped. */
bool mail_stack_start(void) MUST_USE;

const char *mail_stack_ca(void); /* path of the CA's certificate */
/* Where the service of a well-known port listens: 25, 587, 465, 143, 993. */
int mail_stack_port(int well_known);

/* Gives a message to the MX by SMTP; it is in the mailbox a little later.
 * Lines end in LF or CRLF.  Fails the program when it is refused. */
void mail_stack_deliver(const char *from, const char *to, const char *text);

/* Runs `doveadm` with these arguments, a literal of the test; the first line
 * that it prints (static). */
const char *mail_stack_doveadm(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
