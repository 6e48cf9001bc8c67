/*
 * sink_login.h - the server's side of AUTH: PLAIN, LOGIN, SCRAM-SHA-256,
 * XOAUTH2 and OAUTHBEARER, of which a sink offers some.  No I/O and no base64.
 *
 * A bad token is answered as RFC 7628, 3.2.3 and Google have it: a challenge
 * with JSON in it, whatever the client says to that, then a no.
 */
#ifndef TESTS_SINK_LOGIN_H
#define TESTS_SINK_LOGIN_H

#include "lib/base/buf.h"
#include "tests/sink/sink_tokens.h"

enum sink_mechanism {
	SINK_AUTH_PLAIN = 0,
	SINK_AUTH_LOGIN,
	SINK_AUTH_SCRAM_SHA_256,
	SINK_AUTH_XOAUTH2,
	SINK_AUTH_OAUTHBEARER,
	SINK_MECHANISM__COUNT
};

enum sink_answer { SINK_ASKS = 0, SINK_YES, SINK_NO };

struct Gsasl;
struct Gsasl_session;

struct sink_login {
	struct sink_tokens *tokens;
	enum sink_mechanism mechanism;
	bool named;    /* LOGIN: the user was read */
	bool refused;  /* OAuth: the JSON was sent */
	bool verified; /* SCRAM: our proof was sent */
	struct buf user;
	struct Gsasl *gsasl;
	struct Gsasl_session *scram;
};

void sink_login_init(struct sink_login *l, struct sink_tokens *tokens);
void sink_login_release(struct sink_login *l);

/* False: not offered.  `challenge` is what asks for the first response. */
bool sink_login_begin(struct sink_login *l, struct str name,
    struct buf *challenge) MUST_USE;
/* What the client says; `challenge` is filled when more is asked for. */
enum sink_answer sink_login_take(struct sink_login *l, struct str response,
    struct buf *challenge);
const char *sink_login_mechanism(const struct sink_login *l);

#endif
