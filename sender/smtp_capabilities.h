/*
 * smtp_capabilities.h - what a server said to EHLO (RFC 5321, 4.1.1.1).
 *
 * Taken line by line, because a response may be longer than the text that a
 * reply keeps.  Keywords are compared without case; unknown ones are
 * skipped.  What was learnt before TLS is forgotten after it (S-041): the
 * session resets the struct.
 */
#ifndef SENDER_SMTP_CAPABILITIES_H
#define SENDER_SMTP_CAPABILITIES_H

#include "lib/base/str.h"

struct smtp_capabilities {
	bool pipelining;      /* RFC 2920 */
	bool eight_bit;       /* 8BITMIME, RFC 6152 */
	bool enhanced_status; /* RFC 2034 */
	bool starttls;        /* RFC 3207 */
	bool smtputf8;        /* RFC 6531 */
	bool dsn;             /* RFC 3461 */
	bool size;            /* RFC 1870 */
	uint64_t size_max;    /* octets; 0: no fixed limit */
	unsigned auth;        /* set of 1 << enum sasl_mechanism; RFC 4954 */
};

void smtp_capabilities_reset(struct smtp_capabilities *c);
/* One line's text after "250-"; not the first line, which is the greeting. */
void smtp_capabilities_add(struct smtp_capabilities *c, struct str line);

#endif
