/*
 * diagnosis.h - what a failure means: one place for the SMTP reply of a
 * moment ago and for the report that comes back tomorrow.
 *
 * Input: reply code, enhanced status, text; output: whom it concerns
 * (scope), whether the address is to blame (type) and why (category).  Only
 * recipient scope may ever change a contact.  A precise enhanced status
 * overrules the text, a vague one (X.0.0, 5.7.1, 5.5.0 ...) does not.  In a
 * session a status of another class than the reply is none (S-037); in a
 * report the status inside the quoted reply, which is the refusing server's
 * own word, overrules the Status field.  At most 2 KiB of text are read.
 * Rules are data: words in diagnosis.rules, numbers in rows of tables
 * (diagnosis_rules.h); the name of the one that decided is in `rule`, so that
 * a person can see why.  Requirements: table
 * 1G, S-037, S-047, R-061.
 */
#ifndef MAIL_DIAGNOSIS_H
#define MAIL_DIAGNOSIS_H

#include "lib/base/str.h"
#include "lib/mail/status.h"

enum scope {
	SCOPE_RECIPIENT = 0, /* this address */
	SCOPE_MESSAGE,       /* this content; every recipient would fail */
	SCOPE_ACCOUNT, /* our login, quota or rights at the submission server */
	SCOPE_CONNECTION, /* this connection or host, now */
	SCOPE_PROVIDER,   /* the receiving side refuses us as a sender */
	SCOPE__COUNT
};

enum bounce_type {
	BOUNCE_NONE = 0, /* not a failure */
	BOUNCE_HARD,     /* suppress the address */
	BOUNCE_SOFT,     /* count */
	BOUNCE_BLOCK,    /* the sender's fault, never the recipient's */
	BOUNCE__COUNT
};

enum category {
	CATEGORY_NONE = 0,
	CATEGORY_INVALID,
	CATEGORY_DOMAIN,
	CATEGORY_DISABLED, /* hard */
	CATEGORY_FULL,
	CATEGORY_THROTTLED,
	CATEGORY_TECHNICAL, /* soft */
	CATEGORY_UNKNOWN,
	CATEGORY_BLOCKED,
	CATEGORY_AUTH,
	CATEGORY_CONTENT, /* block */
	CATEGORY__COUNT
};

/* When it happened: the same words mean other things at other places. */
enum phase {
	PHASE_CONNECT = 0, /* greeting, EHLO, STARTTLS */
	PHASE_AUTH,
	PHASE_MAIL,
	PHASE_RCPT,
	PHASE_DATA,   /* DATA and the final dot */
	PHASE_REPORT, /* a report that came later by mail */
	PHASE__COUNT
};

struct failure {
	enum phase phase;
	int code;             /* SMTP reply, 0 when unknown */
	struct status status; /* class 0 when none */
	struct str text;      /* the reply's or the diagnostic's words */
};

struct diagnosis {
	enum scope scope;
	enum bounce_type type;
	enum category category;
	bool permanent; /* no further attempt for this message and recipient */
	const char *rule; /* static name of the deciding row */
};

struct diagnosis diagnose(const struct failure *f);

const char *scope_name(enum scope s);             /* "recipient", ... */
const char *bounce_type_name(enum bounce_type t); /* "hard", ..., "none" */
const char *category_name(enum category c);       /* "invalid", ..., "" */
const char *phase_name(enum phase p);

#endif
