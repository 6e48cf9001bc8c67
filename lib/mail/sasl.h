/*
 * sasl.h - the client side of one SASL exchange, for SMTP and IMAP alike.
 *
 * PLAIN (RFC 4616), LOGIN, SCRAM-SHA-256 (RFC 7677, by libgsasl), XOAUTH2,
 * OAUTHBEARER (RFC 7628).  No I/O: it takes decoded challenges and gives
 * decoded responses; the protocol does base64 and framing.  Credentials
 * leave only where the caller has TLS (or a loopback peer, which it allowed).
 */
#ifndef MAIL_SASL_H
#define MAIL_SASL_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum sasl_mechanism {
	SASL_AUTO =
	    0, /* the best that the server offers; PLAIN and LOGIN last */
	SASL_PLAIN,
	SASL_LOGIN,
	SASL_SCRAM_SHA_256,
	SASL_XOAUTH2,
	SASL_OAUTHBEARER,
	SASL__COUNT
};
const char *sasl_name(
    enum sasl_mechanism m); /* settings: "auto", "plain", "scram-sha-256" */
const char *sasl_wire_name(
    enum sasl_mechanism m); /* "PLAIN", "SCRAM-SHA-256" */
bool sasl_parse(struct str name, enum sasl_mechanism *out) MUST_USE;

/* What a server offers, as a set of 1 << mechanism. */
unsigned sasl_offer(struct str wire_name); /* 0 for one we do not speak */
/* SASL_AUTO resolves to SCRAM-SHA-256, PLAIN, LOGIN in this order (OAuth
 * only when asked for).  FAIL_AUTH when nothing fits: names both sides. */
bool sasl_choose(enum sasl_mechanism want, unsigned offered,
    enum sasl_mechanism *out, struct err *err) MUST_USE;

struct sasl_params {
	enum sasl_mechanism mechanism; /* not SASL_AUTO */
	const char *username;
	const char *password; /* OAuth: the access token */
	const char *host;
	int port;
};

struct sasl;
struct sasl *sasl_new(const struct sasl_params *params); /* copies */
void sasl_free(struct sasl *s);                          /* wipes */
/* PLAIN, XOAUTH2, OAUTHBEARER, SCRAM speak first. */
bool sasl_has_initial(const struct sasl *s);
/* Answers a challenge (empty for the initial response).  Refuses a server
 * that cannot prove itself (SCRAM).  An OAuth failure challenge is answered
 * as RFC 7628, 3.2.3 asks; what the server said of it is kept for sasl_detail. */
bool sasl_step(struct sasl *s, struct str challenge, struct buf *response,
    struct err *err) MUST_USE; /* appends; wipe the response after use */
/* After the server's final yes: false when the exchange was not complete (SCRAM's server proof missing). */
bool sasl_done(const struct sasl *s);
struct str sasl_detail(const struct sasl *s);

#endif
