/* FIPS 180-4 and RFC 4231 vectors, comparison, random bytes. */
#include "lib/base/digest.h"

#include "lib/base/encode.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
expect_hex(const char *label, const unsigned char got[SHA256_SIZE],
    const char *want)
{
	struct buf b;

	buf_init(&b, 64);
	hex_encode(&b, (struct str){(const char *)got, SHA256_SIZE});
	if (!str_starts(buf_view(&b), str_of(want)))
		fail_msg("%s: %s", label, buf_cstr(&b));
	buf_release(&b);
}

static void
sha256_vectors(void **state)
{
	static char million[1000000];
	unsigned char out[SHA256_SIZE];

	(void)state;
	sha256(out, STR_NONE);
	expect_hex("nothing", out,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	sha256(out, STR("abc"));
	expect_hex("abc", out,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	memset(million, 'a', sizeof(million));
	sha256(out, (struct str){million, sizeof(million)});
	expect_hex("a million a", out,
	    "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0");
}

/* `n` bytes of one value; text when n is 0. */
struct bytes {
	size_t n;
	int value;
	const char *text;
};

static struct str
bytes_of(const struct bytes *b, char out[200])
{
	if (b->n == 0)
		return str_of(b->text);
	memset(out, b->value, b->n);
	return (struct str){out, b->n};
}

static void
hmac_rfc4231_vectors(void **state)
{
	static const struct {
		const char *label;
		struct bytes key, data;
		const char *want;
	} rows[] = {
	    {"case 1", {20, 0x0b, ""}, {0, 0, "Hi There"},
		"b0344c61d8db38535ca8afceaf0bf12b"
		"881dc200c9833da726e9376c2e32cff7"},
	    {"case 2", {0, 0, "Jefe"}, {0, 0, "what do ya want for nothing?"},
		"5bdcc146bf60754e6a042426089575c7"
		"5a003f089d2739839dec58b964ec3843"},
	    {"case 3", {20, 0xaa, ""}, {50, 0xdd, ""},
		"773ea91e36800e46854db8ebd09181a7"
		"2959098b3ef8c122d9635514ced565fe"},
	    {"case 4",
		{0, 0,
		    "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
		    "\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"},
		{50, 0xcd, ""},
		"82558a389a443c0ea4cc819899f2083a"
		"85f0faa3e578f8077a2e3ff46729665b"},
	    {"case 5, 128 bits", {20, 0x0c, ""}, {0, 0, "Test With Truncation"},
		"a3b6167473100ee06e0c796c2955552b"},
	    {"case 6", {131, 0xaa, ""},
		{0, 0,
		    "Test Using Larger Than Block-Size Key - Hash Key First"},
		"60e431591ee0b67f0d8a26aacbf5b77f"
		"8e0bc6213728c5140546040f0ee37f54"},
	    {"case 7", {131, 0xaa, ""},
		{0, 0,
		    "This is a test using a larger than block-size key and a "
		    "larger than block-size data. The key needs to be hashed "
		    "before being used by the HMAC algorithm."},
		"9b09ffa71b942fcb27635fbcd5b0e944"
		"bfdc63644f0713938a7f51535c3a35e2"},
	    {"nothing at all", {0, 0, ""}, {0, 0, ""},
		"b613679a0814d9ec772f95d778c35fc5"
		"ff1697c493715653c6c712144292c5ad"},
	};
	unsigned char out[SHA256_SIZE];
	char key[200], data[200];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		hmac_sha256(out, bytes_of(&rows[i].key, key),
		    bytes_of(&rows[i].data, data));
		expect_hex(rows[i].label, out, rows[i].want);
	}
	hmac_sha256(out, STR_NONE, STR_NONE);
	expect_hex("none", out, rows[7].want);
}

/* Two plain hashes with the halves are the HMAC. */
static void
hmac_by_halves(void **state)
{
	static const char *const keys[] = {"", "k", "Jefe",
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
	unsigned char text[HMAC_HALF_SIZE + SHA256_SIZE];
	unsigned char want[SHA256_SIZE], got[SHA256_SIZE];
	static const struct str who = STR("ann@example.com");
	struct hmac_halves h;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(keys); i++) {
		hmac_sha256(want, str_of(keys[i]), who);
		hmac_sha256_halves(&h, str_of(keys[i]));
		memcpy(text, h.inner, HMAC_HALF_SIZE);
		memcpy(text + HMAC_HALF_SIZE, who.p, who.n);
		sha256(got,
		    (struct str){(const char *)text, HMAC_HALF_SIZE + who.n});
		memcpy(text, h.outer, HMAC_HALF_SIZE);
		memcpy(text + HMAC_HALF_SIZE, got, SHA256_SIZE);
		sha256(got, (struct str){(const char *)text, sizeof(text)});
		assert_memory_equal(got, want, SHA256_SIZE);
	}
}

/* A key that was taken in stays that of the next: not of one that begins
 * like it, nor of none. */
static void
hmac_keys_in_turn(void **state)
{
	static const char *const keys[] = {"Jefe", "Jefe", "Jef", "", "Jefe",
	    "Jeff", "Jefe"};
	static const char want[] = "5bdcc146bf60754e6a042426089575c7"
				   "5a003f089d2739839dec58b964ec3843";
	unsigned char out[SHA256_SIZE], first[SHA256_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(keys); i++) {
		hmac_sha256(out, str_of(keys[i]),
		    STR("what do ya want for nothing?"));
		if (i == 0)
			memcpy(first, out, sizeof(first));
		if (strcmp(keys[i], keys[0]) == 0)
			expect_hex(keys[i], out, want);
		else
			assert_memory_not_equal(out, first, sizeof(out));
	}
}

static void *
hash_often(void *arg)
{
	unsigned char want[SHA256_SIZE], out[SHA256_SIZE];
	size_t *wrong = arg, i;

	hmac_sha256(want, STR("key"), STR("data"));
	for (i = 0; i < 2000; i++) {
		hmac_sha256(out, STR("key"), STR("data"));
		*wrong += memcmp(out, want, sizeof(out)) != 0;
	}
	return NULL;
}

static void
threads_do_not_disturb_each_other(void **state)
{
	pthread_t threads[4];
	size_t wrong[4] = {0}, i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(threads); i++)
		pthread_create(&threads[i], NULL, hash_often, &wrong[i]);
	for (i = 0; i < ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(wrong[i], 0);
	}
}

static void
equality(void **state)
{
	(void)state;
	assert_true(equal_secret(STR("secret"), STR("secret")));
	assert_true(equal_secret(STR_NONE, STR("")));
	assert_true(equal_secret(STR("a\0b"), STR("a\0b")));
	assert_false(equal_secret(STR("a\0b"), STR("a\0c")));
	assert_false(equal_secret(STR("xecret"), STR("secret")));
	assert_false(equal_secret(STR("secrex"), STR("secret")));
	assert_false(equal_secret(STR("secre"), STR("secret")));
	assert_false(equal_secret(STR("Secret"), STR("secret")));
	assert_false(equal_secret(STR_NONE, STR("secret")));
}

/* Of a million bytes none is missing, and none stays as it was. */
static void
random_fills_all(void **state)
{
	static unsigned char bytes[1000000];
	size_t counts[256] = {0}, i;

	(void)state;
	random_bytes(bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		counts[bytes[i]]++;
	for (i = 0; i < ARRAY_LEN(counts); i++)
		assert_in_range(counts[i], 3000, 5000); /* 3906 +- 14 sigma */
	random_bytes(bytes, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sha256_vectors),
	    cmocka_unit_test(hmac_rfc4231_vectors),
	    cmocka_unit_test(hmac_by_halves),
	    cmocka_unit_test(hmac_keys_in_turn),
	    cmocka_unit_test(threads_do_not_disturb_each_other),
	    cmocka_unit_test(equality),
	    cmocka_unit_test(random_fills_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
