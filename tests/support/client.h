/*
 * client.h - a conn whose callbacks are counted, recorded and passed on to
 * hooks of the test.
 */
#ifndef TESTS_SUPPORT_CLIENT_H
#define TESTS_SUPPORT_CLIENT_H

#include "lib/base/buf.h"
#include "lib/net/conn.h"

struct client {
	struct loop *loop;
	struct conn *conn;
	int opened, drained, closed;
	struct err end; /* what on_closed told */
	struct buf got; /* all bytes that came */
	size_t keep;    /* on_data leaves that many bytes */
	bool by_line;   /* on_data is called once a line, `got` is that line */
	bool halt;      /* and no more lines are taken */
	bool stalled;   /* client_run gave up waiting */

	/* NULL, or what the test wants to do then. */
	void (*on_open)(struct client *c);
	void (*on_data)(struct client *c);
	void (*on_drained)(struct client *c);
	void (*on_closed)(struct client *c);
};

/* To 127.0.0.1 unless params->host; 5 s unless params->connect_timeout_ms. */
void client_open(struct client *c, const struct conn_params *params);
void client_say(struct client *c, const char *text);
/* Runs the loop until nothing is left to do, at most 20 s. */
void client_run(struct client *c);
void client_drop(struct client *c); /* conn_free */
void client_release(struct client *c);

#endif
