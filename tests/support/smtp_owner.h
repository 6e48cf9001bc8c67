/*
 * smtp_owner.h - an owner of a pool as a worker is one, for tests: keeps it
 * full, submits again what was not attempted, drains it when every message
 * has its fate; and a sink as the other side, whose log is the truth.
 */
#ifndef TESTS_SUPPORT_SMTP_OWNER_H
#define TESTS_SUPPORT_SMTP_OWNER_H

#include "sender/smtp_pool.h"
#include "tests/sink/sink_server.h"

#define SMTP_OWNER_MESSAGES_MAX 2000
#define SMTP_OWNER_RUN_MAX_MS   60000

struct smtp_owner_item {
	struct smtp_message message;
	char to[40], data[120];
	int verdicts[OUTCOME__COUNT];
	int logged; /* times in the sink's log */
	bool intended, journaled;
};

struct smtp_owner {
	struct loop *loop;
	struct smtp_pool_params params;
	struct smtp_pool *pool;
	struct smtp_owner_item items[SMTP_OWNER_MESSAGES_MAX];
	struct smtp_owner_item *again[SMTP_OWNER_MESSAGES_MAX]; /* a stack */
	int count, submitted, again_count;
	int totals[OUTCOME__COUNT], done;
	int paused, drained;
	char why[400];
	int drain_after; /* verdicts; 0: never */
	bool journal;    /* dots are held until the end of the turn */
	int refuse_mail; /* each n-th time that MAIL is asked for; 0: never */
	int asked_mail;
	int turns; /* that released some */
	struct loop_timer *alarm;
	struct sink_options sink;
	struct sink_server *server;
	const char *log;
};

/* With a pool of five links to 127.0.0.1 and short back-offs; the log's name
 * is borrowed. */
struct smtp_owner *smtp_owner_new(const char *log);
void smtp_owner_free(struct smtp_owner *w);

void smtp_owner_make_messages(struct smtp_owner *w, int n);
/* Starts the sink, at the port of its options. */
void smtp_owner_serve(struct smtp_owner *w);
/* Makes the pool, sends, and returns when the loop is stopped. */
void smtp_owner_send(struct smtp_owner *w);
/* Counts what the sink wrote down. */
void smtp_owner_read_log(struct smtp_owner *w);

#endif
