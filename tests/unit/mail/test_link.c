/*
 * Goal: a tracked link leads only where we said: another target,
 * number, token or key is refused.
 */
#include "lib/base/mem.h"
#include "lib/mail/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TOKEN       "abcdefghijklmnopqrstuvwxyz23456723"
#define OTHER_TOKEN "abcdefghijklmnopqrstuvwxyz23456724"

static struct keyring
a_ring(int keys)
{
	struct keyring ring = {.count = keys};
	int i;

	for (i = 0; i < keys; i++)
		memset(ring.keys[i].token, 'a' + i, KEY_SIZE);
	return ring;
}

static void
test_link(void **state)
{
	static const struct {
		const char *label, *token, *target;
		uint32_t number;
	} others[] = {
	    {"target", TOKEN, "https://evil.example/", 3},
	    {"target longer", TOKEN, "https://example.com/x", 3},
	    {"number", TOKEN, "https://example.com/", 4},
	    {"token", OTHER_TOKEN, "https://example.com/", 3},
	    {"moved colon", TOKEN ":https", "//example.com/", 3},
	};
	struct keyring ring = a_ring(1), other = a_ring(2);
	char signature[LINK_SIGNATURE_LEN + 1];
	struct str s = {signature, LINK_SIGNATURE_LEN};
	size_t i;

	(void)state;
	assert_true(link_sign(signature, &ring, STR(TOKEN), 3,
	    STR("https://example.com/")));
	assert_int_equal(strlen(signature), LINK_SIGNATURE_LEN);
	assert_true(
	    link_verify(&ring, STR(TOKEN), 3, STR("https://example.com/"), s));
	for (i = 0; i < ARRAY_LEN(others); i++)
		if (link_verify(&ring, str_of(others[i].token),
			others[i].number, str_of(others[i].target), s))
			fail_msg("%s", others[i].label);
	assert_false(link_verify(&ring, STR(TOKEN), 3,
	    STR("https://example.com/"), str_sub(s, 0, 15)));
	assert_false(link_verify(&ring, STR(TOKEN), 3,
	    STR("https://example.com/"), STR_NONE));
	/* A key that is no longer the first still verifies. */
	memcpy(other.keys[1].token, ring.keys[0].token, KEY_SIZE);
	memset(other.keys[0].token, 'z', KEY_SIZE);
	assert_true(
	    link_verify(&other, STR(TOKEN), 3, STR("https://example.com/"), s));
	other.count = 1;
	assert_false(
	    link_verify(&other, STR(TOKEN), 3, STR("https://example.com/"), s));
}

static void
test_long_target(void **state)
{
	char signature[LINK_SIGNATURE_LEN + 1];
	struct keyring ring = a_ring(1);
	char *target = mem_alloc(LINK_TARGET_MAX + 1);

	(void)state;
	memset(target, 'x', LINK_TARGET_MAX + 1);
	assert_true(link_sign(signature, &ring, STR(TOKEN), 1,
	    (struct str){target, LINK_TARGET_MAX}));
	assert_false(link_sign(signature, &ring, STR(TOKEN), 1,
	    (struct str){target, LINK_TARGET_MAX + 1}));
	free(target);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_link),
	    cmocka_unit_test(test_long_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
