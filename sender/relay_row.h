/*
 * relay_row.h - a row of smtp_account, as far as a sender needs it.
 *
 * Column numbers are those of the statements work_account, work_accounts.
 * The password is unsealed into a buf of its own and wiped with the row.
 */
#ifndef SENDER_RELAY_ROW_H
#define SENDER_RELAY_ROW_H

#include "db/args.h"
#include "lib/base/keyring.h"
#include "lib/base/settings.h"
#include "sender/smtp_link.h"

#define RELAY_PASSWORD_MAX 8192

struct relay_row {
	int64_t id;
	int64_t version;
	char *name, *host, *username, *ca_file; /* owned */
	int port;
	enum conn_tls tls;
	enum sasl_mechanism mechanism;
	bool oauth; /* it has a grant: instead of the password, a token */
	struct buf password;
	int connections; /* over all workers of one sender */
	bool active;
	bool limited;   /* it has limits, for a meter */
	bool eight_bit; /* bodies need not be 7-bit */
	bool verp;      /* the envelope sender carries a token */
	bool one_click; /* List-Unsubscribe-Post is claimed */
};

/* FAIL_AUTH when the password cannot be unsealed: the row is usable but for
 * that; relay_row_release in any case. */
bool relay_row_read(struct relay_row *row, const struct db_result *r, int line,
    const struct keyring *ring, struct err *err) MUST_USE;
void relay_row_release(struct relay_row *row);

/* What a connection needs; borrows from row and settings.  session_key has
 * to be kept by the caller. */
#define RELAY_SESSION_KEY_MAX 64
void relay_row_link_params(const struct relay_row *row,
    const struct settings *settings, char session_key[RELAY_SESSION_KEY_MAX],
    struct smtp_link_params *out);

/* The name in EHLO: the setting, else this host's. */
const char *relay_helo(const struct settings *settings);

#endif
