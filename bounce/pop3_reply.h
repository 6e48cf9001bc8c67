/*
 * pop3_reply.h - one line of the server's, read (RFC 1939, 3; response codes
 * of RFC 2449, 8, and RFC 3206), and what a server can do (RFC 2449, 5).
 *
 * Text is borrowed from the line.
 */
#ifndef BOUNCE_POP3_REPLY_H
#define BOUNCE_POP3_REPLY_H

#include "lib/base/str.h"

#define POP3_KEY_MAX     70            /* RFC 1939, 7: of UIDL */
#define POP3_DELAY_MAX_S (24LL * 3600) /* believe no more */

enum pop3_status {
	POP3_UNKNOWN = 0, /* none of these */
	POP3_OK,
	POP3_ERR,
	POP3_CONTINUE, /* "+": go on with SASL */
};

enum pop3_code {
	POP3_CODE_NONE = 0, /* none, or one that says nothing to us */
	POP3_CODE_IN_USE,
	POP3_CODE_LOGIN_DELAY,
	POP3_CODE_SYS_TEMP,
	POP3_CODE_SYS_PERM,
	POP3_CODE_AUTH,
	POP3_CODE__COUNT
};

struct pop3_reply {
	enum pop3_status status;
	enum pop3_code code;
	struct str text; /* the code with it; of `+` what stands behind */
};

void pop3_reply_read(struct pop3_reply *r, struct str line);

/* "7 120": of STAT, LIST. */
bool pop3_reply_numbers(struct str text, uint64_t *a, uint64_t *b) MUST_USE;
/* "7 key": of UIDL; false for a key that RFC 1939 does not allow. */
bool pop3_reply_key(struct str text, uint64_t *number,
    struct str *key) MUST_USE;

enum pop3_feature {
	POP3_CAN_STLS = 1 << 0,
	POP3_CAN_USER = 1 << 1,
	POP3_CAN_PIPELINE = 1 << 2,
	POP3_CAN_TOP = 1 << 3,
	POP3_CAN_AUTH_CODE = 1 << 4, /* a wrong password is told as such */
	POP3_DELAY_BY_USER = 1 << 5, /* login_delay_s may be another then */
};

struct pop3_capability {
	bool known;          /* the server was asked */
	bool is_told;        /* and it told */
	unsigned features;   /* enum pop3_feature */
	unsigned mechanisms; /* 1 << enum sasl_mechanism */
	int64_t login_delay_s;
};

/* A line of the answer to CAPA. */
void pop3_capability_add(struct pop3_capability *c, struct str line);

#endif
