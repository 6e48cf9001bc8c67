/*
 * session.h - who asks with a cookie: people in a browser.
 *
 * A cookie is 256 random bits in base32; only its SHA-256 is stored.  It is
 * HttpOnly, SameSite=Strict, and, when people come by https, Secure and
 * named __Host-, so that no other host or path can set it.  A session is
 * over SESSION_IDLE_S after its last use and SESSION_LIFE_S after it began.
 * Nothing about it is remembered between requests: what ends it holds at
 * once, in every process.
 *
 * What changes something needs two things besides that another site cannot
 * give: the header X-CSRF-Token, derived from the cookie, and an Origin that
 * is base_url's.  Either one missing refuses the request.
 */
#ifndef API_SESSION_H
#define API_SESSION_H

#include "api/request.h"
#include "lib/base/digest.h"

#define SESSION_IDLE_S 28800  /* 8 hours */
#define SESSION_LIFE_S 604800 /* 7 days */
#define SESSION_MAX    20     /* of a user; the oldest goes */
#define SESSION_TEXT   52
#define SESSION_TOKEN  52

struct session {
	char text[SESSION_TEXT + 1];   /* of the cookie */
	char token[SESSION_TOKEN + 1]; /* of X-CSRF-Token */
	unsigned char hash[SHA256_SIZE];
};

void session_make(struct session *s);
/* The request's cookie, whoever sent it.  false: there is none like it. */
bool session_read(const struct request *q, struct session *s) MUST_USE;

/* Sets q->user_id, q->session_id and q->access; answers 401 or 403
 * otherwise. */
bool session_check(struct request *q) MUST_USE;
/* An Origin that is not ours; a missing one is not ours either. */
bool session_is_foreign(const struct request *q);

/* Adds Set-Cookie to the answer. */
void session_set_cookie(struct request *q, const struct session *s);
void session_drop_cookie(struct request *q);

#endif
