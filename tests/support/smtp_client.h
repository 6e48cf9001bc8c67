/*
 * smtp_client.h - an owner of one smtp_link, for tests: gives it messages as
 * it has room, and writes down what became of them as a transcript says it
 * (smtp_script.h).
 */
#ifndef TESTS_SUPPORT_SMTP_CLIENT_H
#define TESTS_SUPPORT_SMTP_CLIENT_H

#include "sender/smtp_link.h"

#define SMTP_CLIENT_MESSAGES_MAX 8

struct smtp_client {
	struct loop *loop;
	struct smtp_link_params params;
	struct smtp_message messages[SMTP_CLIENT_MESSAGES_MAX + 1];
	int available, submitted, results;
	bool quit_at_end; /* QUIT after the last result */
	char free_in;     /* free in this callback: r, d, v, c */
	enum smtp_dot dot;
	int dots; /* before_dot was asked */
	struct smtp_link *link;
	struct buf story; /* results, then the end, as in a script */
	bool closed;
};

/* With so many small messages, to 127.0.0.1, without TLS and login. */
void smtp_client_init(struct smtp_client *c, int messages);
/* Until the link is closed or freed. */
void smtp_client_run(struct smtp_client *c, int port);
void smtp_client_release(struct smtp_client *c);

#endif
