/*
 * grant.h - how an account or a mailbox gets its access tokens, as the field "oauth" of
 * what people write (RFC 6749, 6).
 *
 * Client secret and refresh token only ever come in and are sealed for their
 * row.  They do not follow to another token endpoint, nor does the access to
 * another mail server, unless they are given again: nobody can have them
 * sent to a server of theirs.
 */
#ifndef API_GRANT_H
#define API_GRANT_H

#include "api/body.h"
#include "api/provider.h"

#define GRANT_TEXT_MAX 1000 /* client_id, scope, ca_file */

struct grant {
	bool is_there; /* stored, or given now, and not taken away */
	bool changes, goes;
	struct str token_url, client_id, scope, ca_file;
	struct str client_secret; /* a new one; p == NULL: as it was */
	struct str refresh_token; /* the same */
	bool has_client_secret, drops_client_secret;
};

/* What is stored for `owner` ("smtp_account", "mailbox"); nothing when there is none. */
bool grant_load(struct request *q, const char *owner, int64_t id,
    struct grant *g) MUST_USE;
/* The field "oauth"; null takes the grant away.  What a new grant does not
 * say comes from the provider (NULL: none). */
void grant_read(struct body *b, const struct provider *p,
    const struct provider_endpoint *endpoint, struct grant *g);
bool grant_write(struct request *q, const char *owner, int64_t id,
    const struct grant *g) MUST_USE;

#endif
