/*
 * provider.h - what well-known mail services want of those who log in.
 *
 * Fills in what was not said when an account or a mailbox is made; every
 * value may be given otherwise.  0, NULL and "": the service has no wish.
 */
#ifndef API_PROVIDER_H
#define API_PROVIDER_H

#include "lib/base/json_write.h"

#define PROVIDER_NAMES "gmail microsoft365 yahoo fastmail"

struct provider_endpoint {
	const char *host;
	const char *tls;
	const char *auth;
	int port;
	const char *scope; /* of its OAuth tokens */
};

struct provider {
	const char *name;
	const char *title; /* for people */
	struct provider_endpoint smtp, imap, pop3;
	const char *token_url;
	int max_connections;
	int per_second, per_minute, per_hour, per_day;
	const char *note; /* what else to know, for people */
};

const struct provider *provider_find(struct str name); /* NULL: none */
/* All of them, as GET /v1/providers shows them. */
void provider_list_json(struct json_write *j);

#endif
