#include "lib/base/password.h"

#include <sodium.h>

_Static_assert(PASSWORD_HASH_MAX >= crypto_pwhash_argon2id_STRBYTES,
    "room for a hash");

static void
start(void)
{
	if (sodium_init() < 0)
		BUG("libsodium does not start");
}

bool
password_hash(char out[PASSWORD_HASH_MAX], struct str password, struct err *err)
{
	start();
	if (crypto_pwhash_argon2id_str(out, password.p, password.n,
		PASSWORD_PASSES, PASSWORD_MEMORY) != 0)
		return err_set(err, FAIL_LIMIT,
		    "password: no memory to hash it with");
	return true;
}

bool
password_fits(const char *hash, struct str password)
{
	start();
	return crypto_pwhash_argon2id_str_verify(hash, password.p,
		   password.n) == 0;
}

bool
password_is_stale(const char *hash)
{
	start();
	return crypto_pwhash_argon2id_str_needs_rehash(hash, PASSWORD_PASSES,
		   PASSWORD_MEMORY) != 0;
}
