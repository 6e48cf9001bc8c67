/* mailbox_access.h - where a mailbox is, and as whom it is opened. */
#ifndef BOUNCE_MAILBOX_ACCESS_H
#define BOUNCE_MAILBOX_ACCESS_H

#include "lib/mail/sasl.h"
#include "lib/net/conn.h"

struct mailbox_access {
	const char *host;
	int port;
	enum conn_tls tls;   /* NONE: only to a loopback address */
	const char *ca_file; /* NULL or "": the system's */
	enum sasl_mechanism auth;
	const char *username, *password; /* OAuth: the access token */
};

#endif
