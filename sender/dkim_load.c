#include "sender/dkim_load.h"

enum { COL_DOMAIN, COL_SELECTOR, COL_ALGORITHM, COL_SECRET };

void
dkim_identity(char out[DKIM_IDENTITY_MAX], struct str domain,
    struct str selector)
{
	snprintf(out, DKIM_IDENTITY_MAX, "dkim_key:%.*s:%.*s",
	    STR_ARG(selector), STR_ARG(domain));
}

static bool
read_key(struct dkim_key **key, const struct db_result *r, int line,
    const struct keyring *ring, struct err *err)
{
	char identity[DKIM_IDENTITY_MAX];
	struct buf secret;
	struct arena a;
	bool ok;

	dkim_identity(identity, db_get_text(r, line, COL_DOMAIN),
	    db_get_text(r, line, COL_SELECTOR));
	arena_init(&a, 4 * (size_t)DKIM_SECRET_MAX);
	buf_init(&secret, DKIM_SECRET_MAX);
	ok = unseal(ring, str_of(identity),
		 db_get_bytes(r, line, COL_SECRET, &a), &secret, err) &&
	     dkim_key_read(key, buf_view(&secret), err);
	buf_wipe(&secret);
	arena_release(&a);
	return ok;
}

bool
dkim_load(struct dkim_signer **out, const struct db_result *r,
    const struct keyring *ring, struct err *err)
{
	struct dkim_signer *s = dkim_signer_new();
	struct dkim_key *key;
	int i;

	for (i = 0; i < db_rows(r) && i < DKIM_KEYS_MAX; i++) {
		if (!read_key(&key, r, i, ring, err)) {
			dkim_signer_free(s);
			return err_wrap(err, "the DKIM key of the From domain");
		}
		if (!dkim_signer_add(s, db_get_text(r, i, COL_DOMAIN),
			db_get_text(r, i, COL_SELECTOR), key))
			BUG("more DKIM keys than asked for");
	}
	*out = s;
	return true;
}
