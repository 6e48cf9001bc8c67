/*
 * smtp_link.h - one SMTP connection: a session, a socket and its clock.
 *
 *   smtp_link_new -> on_ready -> smtp_link_send ... -> on_result ...
 *                 -> (limits, smtp_link_quit, trouble) -> on_closed
 *
 * The link feeds the session, writes what it says, and ends it when a reply
 * does not come in time (S-031, S-032), when it is idle, too old or has
 * carried enough messages (S-046).  It decides nothing about messages.
 *
 * Every message handed to smtp_link_send comes back in exactly one on_result,
 * at the latest before on_closed, unless the link is freed first.  on_closed
 * comes once; the owner calls smtp_link_free, which is also allowed inside
 * every callback.  Without TLS only this host is spoken to.
 */
#ifndef SENDER_SMTP_LINK_H
#define SENDER_SMTP_LINK_H

#include "lib/net/loop.h"
#include "sender/smtp_session.h"

struct smtp_link;

/* All borrowed: must outlive the link. */
struct smtp_link_params {
	struct smtp_session_params session; /* local_peer is set by the link */
	const char *ca_file;
	const char *session_key;    /* who may resume this TLS session */
	int64_t connect_timeout_ms; /* lookup, connect, handshake */
	int64_t timeout_s;          /* 0: RFC 5321's; lower only in tests */
	int messages_max;           /* on one connection */
	int64_t age_max_ms;
	int64_t idle_max_ms;
	int64_t quit_max_ms;
};
#define SMTP_LINK_MESSAGES_MAX 100
#define SMTP_LINK_AGE_MS       300000
#define SMTP_LINK_IDLE_MS      30000
#define SMTP_LINK_QUIT_MS      5000
#define SMTP_LINK_CONNECT_MS   30000
/* Limits and timeouts at their defaults, the rest empty. */
void smtp_link_defaults(struct smtp_link_params *p);

/* What the owner says to a final dot that is about to leave. */
enum smtp_dot {
	SMTP_DOT_SEND = 0,
	SMTP_DOT_HOLD,   /* not yet: asked again by smtp_link_resume; no
	                  * clock runs here, the server's does */
	SMTP_DOT_REFUSE, /* never: the message comes back unsent and the
	                  * connection is closed */
};

struct smtp_link_events {
	/* AUTH would be written next; false: not yet, asked again by
	 * smtp_link_resume.  NULL: at once. */
	bool (*before_login)(void *arg);
	/* It has room: after opening, and whenever a message has left. */
	void (*on_ready)(struct smtp_link *l, void *arg);
	/* Its MAIL would be written next; false: it comes back unbegun, as
	 * not attempted.  NULL: every message may begin. */
	bool (*before_mail)(struct smtp_message *m, void *arg);
	/* The message's body and final dot would be written next; what is
	 * true when this returns SMTP_DOT_SEND is true before the dot is on
	 * the wire (journal, fencing). */
	enum smtp_dot (*before_dot)(struct smtp_message *m, void *arg);
	void (*on_result)(struct smtp_link *l, const struct smtp_result *r,
	    void *arg);
	void (*on_closed)(struct smtp_link *l, const struct smtp_end *end,
	    void *arg);
};

struct smtp_link *smtp_link_new(struct loop *loop,
    const struct smtp_link_params *params,
    const struct smtp_link_events *events, void *arg);
/* Closes at once, without a word; NULL is fine. */
void smtp_link_free(struct smtp_link *l);

int smtp_link_room(const struct smtp_link *l);
void smtp_link_send(struct smtp_link *l, struct smtp_message *m);
/* Asks before_login, or before_dot, again. */
void smtp_link_resume(struct smtp_link *l);
/* The message whose replies are awaited now; NULL: none, or it is its owner
 * who is waited for. */
struct smtp_message *smtp_link_head(const struct smtp_link *l, bool *dot_sent);
/* The one after it, which has to wait for its end; or NULL. */
struct smtp_message *smtp_link_behind(const struct smtp_link *l);
/* Closes it at once; what is unsent comes back as not attempted. */
void smtp_link_abandon(struct smtp_link *l);
/* No more messages; QUIT when what is under way has its result. */
void smtp_link_quit(struct smtp_link *l);

bool smtp_link_leaving(const struct smtp_link *l); /* takes no more, ever */
bool smtp_link_awaits_login(const struct smtp_link *l);  /* before_login */
bool smtp_link_is_logging_in(const struct smtp_link *l); /* AUTH was said */
int smtp_link_busy(const struct smtp_link *l);           /* without a result */
/* "host:port", and the TLS version once there is one. */
const char *smtp_link_describe(const struct smtp_link *l);
const char *smtp_link_tls_describe(const struct smtp_link *l);

#endif
