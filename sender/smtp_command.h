/*
 * smtp_command.h - the one writer of SMTP commands.
 *
 * Nothing else in Volley puts a byte of a command on the wire.  Arguments
 * are checked here whatever was checked before: a control byte, a blank or
 * an angle bracket where the grammar has none refuses the whole command and
 * leaves `out` as it was.  Numbers are formatted from integers.
 */
#ifndef SENDER_SMTP_COMMAND_H
#define SENDER_SMTP_COMMAND_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define SMTP_COMMAND_PATH_MAX 254   /* RFC 5321, 4.5.3.1.3, less the <> */
#define SMTP_COMMAND_AUTH_MAX 12288 /* a line of AUTH (RFC 4954, 4) */
/* What RFC 3461, 5.4 allows for a value; a longer one is left out. */
#define SMTP_COMMAND_ENVID_MAX 100
#define SMTP_COMMAND_ORCPT_MAX 500

/* An address that may stand between < and >: local@domain, never empty
 * (S-025), no quoted local part; non-ASCII only where `utf8`. */
bool smtp_command_path_ok(struct str path, bool utf8);

bool smtp_command_ehlo(struct buf *out, struct str name,
    struct err *err) MUST_USE;
bool smtp_command_helo(struct buf *out, struct str name,
    struct err *err) MUST_USE;

struct smtp_command_mail {
	struct str from;
	bool with_size;
	int64_t size;
	bool eight_bit; /* BODY=8BITMIME */
	bool smtputf8;
	bool dsn;         /* RET=HDRS: a report need not repeat the message */
	struct str envid; /* with dsn: ENVID, comes back in reports; or empty */
};
bool smtp_command_mail(struct buf *out, const struct smtp_command_mail *mail,
    struct err *err) MUST_USE;

/* dsn: NOTIFY=FAILURE,DELAY and, for an ASCII address, ORCPT (RFC 3461): a
 * report names the recipient as we know it, whatever it is forwarded to. */
struct smtp_command_rcpt {
	struct str to;
	bool smtputf8;
	bool dsn;
};
bool smtp_command_rcpt(struct buf *out, const struct smtp_command_rcpt *rcpt,
    struct err *err) MUST_USE;

/* AUTH with or without an initial response (NULL: none; empty: "="). */
bool smtp_command_auth(struct buf *out, const char *mechanism,
    const struct buf *initial, struct err *err) MUST_USE;
/* The answer to a 334: one line of base64, empty for an empty response. */
bool smtp_command_response(struct buf *out, struct str response,
    struct err *err) MUST_USE;
void smtp_command_cancel(struct buf *out); /* "*" (RFC 4954, 4) */

void smtp_command_starttls(struct buf *out);
void smtp_command_data(struct buf *out);
void smtp_command_rset(struct buf *out);
void smtp_command_quit(struct buf *out);

#endif
