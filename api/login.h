/*
 * login.h - where to connect and as whom: what SMTP accounts and mailboxes
 * have in common.
 *
 * A password only ever comes in.  It is sealed for its row (keyring.h) and
 * leaves the database towards the sender and the poller alone; it does not
 * follow to another host unless it is given again, so that nobody can have
 * it sent to a server of theirs.  Without TLS a login is possible on this
 * host only.
 */
#ifndef API_LOGIN_H
#define API_LOGIN_H

#include "api/grant.h"

#define LOGIN_HOST_MAX     255
#define LOGIN_USERNAME_MAX 320
#define LOGIN_PASSWORD_MAX 8192 /* a token may be long */
#define LOGIN_PATH_MAX     1000
#define LOGIN_NAME_MAX     200

enum login_kind { LOGIN_SMTP = 0, LOGIN_IMAP, LOGIN_POP3 };

struct login {
	struct str name; /* for people */
	struct str host;
	int64_t port;
	struct str tls, auth;
	struct str username;
	struct str password; /* a new one; p == NULL: as it was */
	bool has_secret;     /* one is stored and stays */
	bool drops_secret;
	struct str ca_file, provider;
	struct grant grant; /* tokens instead of a password */
};

/* Reads the fields over what `login` holds already: nothing when it is
 * fresh, else the stored row.  Complains in the body.  Gives the provider
 * whose wishes count for what a fresh one does not say, or NULL. */
const struct provider *login_read(struct body *b, enum login_kind kind,
    struct login *login, bool fresh);

/* What is wrong with a file of certificates, or NULL. */
const char *login_ca_fault(const char *path);

/* For the statement that writes the row: the password sealed as "table:id",
 * NULL when there is none, and whether it replaces what is stored. */
struct db_arg login_secret(struct request *q, const struct login *login,
    const char *table, int64_t id);
struct db_arg login_replaces_secret(const struct login *login);

#endif
