/* Hashes of passwords: their parameters, and what fits them. */
#include "lib/base/password.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct str secret = STR("correct horse battery");

static void
parameters_are_as_promised(void **state)
{
	char hash[PASSWORD_HASH_MAX];
	struct err err;

	(void)state;
	assert_true(password_hash(hash, secret, &err));
	assert_true(
	    str_starts(str_of(hash), STR("$argon2id$v=19$m=19456,t=2,p=1$")));
	assert_false(password_is_stale(hash));
}

static void
each_has_its_own_salt(void **state)
{
	char a[PASSWORD_HASH_MAX], b[PASSWORD_HASH_MAX];
	struct err err;

	(void)state;
	assert_true(password_hash(a, secret, &err));
	assert_true(password_hash(b, secret, &err));
	assert_string_not_equal(a, b);
	assert_true(password_fits(a, secret));
	assert_true(password_fits(b, secret));
}

static void
only_the_password_fits(void **state)
{
	static const struct str others[] = {STR(""),
	    STR("correct horse batter"), STR("correct horse battery "),
	    STR("Correct horse battery")};
	char hash[PASSWORD_HASH_MAX];
	struct err err;
	size_t i;

	(void)state;
	assert_true(password_hash(hash, secret, &err));
	for (i = 0; i < ARRAY_LEN(others); i++)
		assert_false(password_fits(hash, others[i]));
	assert_false(password_fits("", secret));
	assert_false(password_fits("no hash", secret));
}

static void
weaker_parameters_are_stale(void **state)
{
	static const char old[] =
	    "$argon2id$v=19$m=8,t=1,p=1$fqnouMReEUfeQBSoMLiEiw$"
	    "89JM6ap3r9IvsQZS/cVh3Hivls90yM04QW9ZTY2h4ks";

	(void)state;
	assert_true(password_fits(old, secret));
	assert_true(password_is_stale(old));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parameters_are_as_promised),
	    cmocka_unit_test(each_has_its_own_salt),
	    cmocka_unit_test(only_the_password_fits),
	    cmocka_unit_test(weaker_parameters_are_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
