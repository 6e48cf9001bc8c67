/*
 * smtp_pool.h - the connections of one SMTP account.
 *
 * Takes messages, opens links as they are needed and at most `connections`
 * of them, hands messages to links that have room, and gives every message
 * back in exactly one on_verdict.  Connecting is tried with back-off, one
 * link at a time until one has been let in, and only one link at a time logs
 * in ever, so that a password that is or becomes wrong costs one attempt and
 * not one a connection (S-048).
 *
 * A pool belongs to one version of one account row: whatever changes in the
 * row (host, port, TLS, CA, login) makes a new pool, so that no connection
 * serves settings that it was not opened with (S-043).  Rate limits are the
 * owner's business: it submits what may be sent now.
 *
 * When the account itself is refused (verdict_stops_account) the pool
 * says so once, hands back all that is queued as not attempted, lets finish
 * what is under way, and takes nothing more; the owner frees it.
 *
 * Callbacks come from the loop and from smtp_pool_submit, _drain and _resume;
 * inside them everything here may be called but smtp_pool_free.
 */
#ifndef SENDER_SMTP_POOL_H
#define SENDER_SMTP_POOL_H

#include "sender/smtp_link.h"
#include "sender/verdict.h"

#define SMTP_POOL_CONNECTIONS_MAX  1000
#define SMTP_POOL_BACKOFF_FIRST_MS 1000
#define SMTP_POOL_BACKOFF_MAX_MS   300000

struct smtp_pool;

#define SMTP_POOL_PASSWORD_MAX 8192

/* Copied, the texts too; the password is wiped with the pool. */
struct smtp_pool_params {
	struct smtp_link_params link; /* session_key: account and version */
	int connections;              /* at most; 1.. */
	int64_t backoff_first_ms, backoff_max_ms; /* 0: the defaults */
	bool prove; /* open a link though there is no message */
};

struct smtp_pool_events {
	/* The message is the owner's again.  r->reply.text of an accepted one
	 * is the server's queue text (S-056). */
	void (*on_verdict)(const struct smtp_result *r, const struct verdict *v,
	    void *arg);
	/* May be NULL. */
	bool (*before_mail)(struct smtp_message *m, void *arg);
	enum smtp_dot (*before_dot)(struct smtp_message *m, void *arg);
	/* A link was let in, after none was for a while.  May be NULL. */
	void (*on_login)(struct smtp_pool *p, void *arg);
	/* smtp_pool_room has grown; at most once a turn of the loop. */
	void (*on_room)(struct smtp_pool *p, void *arg);
	/* Once: the account is refused; `why` is fit to show (S-048). */
	void (*on_paused)(struct smtp_pool *p, const struct verdict *v,
	    const char *why, void *arg);
	/* After smtp_pool_drain or on_paused: no message and no link is left. */
	void (*on_drained)(struct smtp_pool *p, void *arg);
};

struct smtp_pool *smtp_pool_new(struct loop *loop,
    const struct smtp_pool_params *params,
    const struct smtp_pool_events *events, void *arg);
/* Closes all at once; messages still inside are dropped without a verdict,
 * so drain first.  NULL is fine. */
void smtp_pool_free(struct smtp_pool *p);

/* How many more messages it wants now: enough to keep every connection
 * fed, not more. */
int smtp_pool_room(const struct smtp_pool *p);
/* The message, and all that it borrows, is the pool's until on_verdict. */
void smtp_pool_submit(struct smtp_pool *p, struct smtp_message *m);
/* Logins from now on use it, those of links being opened, too: a token that
 * was renewed.  At most SMTP_POOL_PASSWORD_MAX bytes. */
void smtp_pool_set_password(struct smtp_pool *p, struct str password);
/* Dots that before_dot held are asked for again. */
void smtp_pool_resume(struct smtp_pool *p);
/* Hands back what is queued, finishes what is under way, quits. */
void smtp_pool_drain(struct smtp_pool *p);

/* A message that its connection has been busy with for a while. */
struct smtp_pool_wait {
	struct smtp_message *message;
	struct smtp_message *behind; /* one that waits for its end; or NULL */
	int64_t waited_ms;
	bool dot_sent;
	bool give_up; /* set by the caller: it comes back as not attempted, its
	               * connection is closed; not after the dot */
};
typedef void smtp_pool_wait_fn(struct smtp_pool_wait *wait, void *arg);
/* Tells of each that waits longer than `longer_ms`. */
void smtp_pool_waits(struct smtp_pool *p, int64_t longer_ms,
    smtp_pool_wait_fn *fn, void *arg);

struct smtp_pool_state {
	int opening, idle, working, leaving; /* links */
	int queued, under_way;               /* messages */
	int failures;                        /* connection attempts in a row */
	int64_t retry_ms;                    /* until the next one; 0: now */
	const char *trouble; /* last connection error; "" when none */
	bool paused, draining;
	bool proven;        /* the last link that was opened was let in */
	int logging_in;     /* links that have said AUTH and wait */
	bool login_refused; /* the last one that was not: for its login */
};
void smtp_pool_state(const struct smtp_pool *p, struct smtp_pool_state *out);

#endif
