/*
 * provider.h - what well-known mail services want of those who log in.
 *
 * Fills in what was not said when an account or a mailbox is made; every
 * value may be given otherwise.  0 and NULL: the service has no wish.
 */
#ifndef API_PROVIDER_H
#define API_PROVIDER_H

#include "lib/base/str.h"

#define PROVIDER_NAMES "gmail microsoft365"

struct provider_endpoint {
	const char *host;
	const char *tls;
	const char *auth;
	int port;
};

struct provider {
	const char *name;
	struct provider_endpoint smtp, imap;
	int max_connections;
	int per_second, per_minute, per_hour, per_day;
};

const struct provider *provider_find(struct str name); /* NULL: none */

#endif
