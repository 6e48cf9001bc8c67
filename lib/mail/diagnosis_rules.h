/*
 * diagnosis_rules.h - the knowledge behind diagnosis.h, as tables.
 *
 * Three tables, in each of which the first row that fits decides: what the
 * text says, what the enhanced status says (RFC 3463, the IANA registry of
 * RFC 5248, and what big receivers made of it), what the reply code says.
 * The words are data, diagnosis.rules, from which diagnosis.awk makes C;
 * numbers are rows of C, where the compiler checks their columns.  A verdict
 * is what a row means at its best; diagnosis.c bends it to the phase and to
 * the class of the reply.
 */
#ifndef MAIL_DIAGNOSIS_RULES_H
#define MAIL_DIAGNOSIS_RULES_H

#include "lib/mail/diagnosis.h"

/* Sets of phases. */
#define IN(phase)  (1U << PHASE_##phase)
#define SESSION    (IN(CONNECT) | IN(MAIL) | IN(RCPT) | IN(DATA)) /* now */
#define REPORT     IN(REPORT)                                     /* later */
#define DELIVERY   (IN(RCPT) | IN(DATA) | REPORT)
#define ANYWHERE   (SESSION | REPORT)
#define SIGNING_IN IN(AUTH)
#define LOGGED_IN  (SESSION | IN(AUTH)) /* and just being so */

/* Verdicts, named by what the reader of a report would call them. */
#define INVALID        SCOPE_RECIPIENT, BOUNCE_HARD, CATEGORY_INVALID, true
#define NO_DOMAIN      SCOPE_RECIPIENT, BOUNCE_HARD, CATEGORY_DOMAIN, true
#define DISABLED       SCOPE_RECIPIENT, BOUNCE_HARD, CATEGORY_DISABLED, true
#define FULL           SCOPE_RECIPIENT, BOUNCE_SOFT, CATEGORY_FULL, true
#define BUSY_RECIPIENT SCOPE_RECIPIENT, BOUNCE_SOFT, CATEGORY_THROTTLED, true
#define TROUBLE        SCOPE_RECIPIENT, BOUNCE_SOFT, CATEGORY_TECHNICAL, true
#define UNKNOWN        SCOPE_RECIPIENT, BOUNCE_SOFT, CATEGORY_UNKNOWN, true
#define UNWANTED       SCOPE_RECIPIENT, BOUNCE_BLOCK, CATEGORY_BLOCKED, true
#define UNFIT          SCOPE_RECIPIENT, BOUNCE_BLOCK, CATEGORY_CONTENT, true
#define CONTENT        SCOPE_MESSAGE, BOUNCE_BLOCK, CATEGORY_CONTENT, true
#define POLICY         SCOPE_MESSAGE, BOUNCE_BLOCK, CATEGORY_BLOCKED, true
#define MALFORMED      SCOPE_MESSAGE, BOUNCE_SOFT, CATEGORY_TECHNICAL, true
#define LOGIN          SCOPE_ACCOUNT, BOUNCE_BLOCK, CATEGORY_AUTH, false
#define RIGHTS         SCOPE_ACCOUNT, BOUNCE_BLOCK, CATEGORY_BLOCKED, false
#define QUOTA          SCOPE_ACCOUNT, BOUNCE_SOFT, CATEGORY_THROTTLED, false
#define OWN_FULL       SCOPE_ACCOUNT, BOUNCE_SOFT, CATEGORY_FULL, false
#define OWN_TROUBLE    SCOPE_ACCOUNT, BOUNCE_SOFT, CATEGORY_TECHNICAL, false
#define NETWORK        SCOPE_CONNECTION, BOUNCE_SOFT, CATEGORY_TECHNICAL, false
#define REPUTATION     SCOPE_PROVIDER, BOUNCE_BLOCK, CATEGORY_BLOCKED, false
#define SENDER_AUTH    SCOPE_PROVIDER, BOUNCE_BLOCK, CATEGORY_AUTH, false
#define RATE           SCOPE_PROVIDER, BOUNCE_SOFT, CATEGORY_THROTTLED, false

/* What the words say: a phrase belongs to the rule of its row. */
struct text_rule {
	const char *name;
	unsigned phases; /* set of IN(...) */
	int class;       /* 4, 5, or 0 for both */
	enum scope scope;
	enum bounce_type type;
	enum category category;
	bool permanent; /* when the reply is 5xx */
};

/* What the enhanced status says. */
#define ANY_DETAIL (-1)
struct status_rule {
	const char *name;
	unsigned phases;
	int code;                 /* with this reply code only; 0 for any */
	int class;                /* 4, 5, or 0 for both */
	int subject, first, last; /* details first..last, or ANY_DETAIL */
	bool vague;               /* the words, if known, say it better */
	enum scope scope;
	enum bounce_type type;
	enum category category;
	bool permanent;
};

/* What the reply code says. */
struct code_rule {
	const char *name;
	unsigned phases;
	int first, last;
	bool vague; /* the status or the words say it better */
	enum scope scope;
	enum bounce_type type;
	enum category category;
	bool permanent;
};

extern const struct text_rule text_rules[];
extern const size_t text_rule_count;
extern const char *const text_phrases[];
extern const uint16_t text_phrase_rules[];
extern const size_t text_phrase_count;
extern const struct status_rule status_rules[];
extern const size_t status_rule_count;
extern const struct code_rule code_rules[];
extern const size_t code_rule_count;

#endif
