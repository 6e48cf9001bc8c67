/* RFC 4648: the vectors of section 10, and what decoders must refuse. */
#include "lib/base/encode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef void encode_fn(struct buf *, struct str);
typedef bool decode_fn(struct buf *, struct str);

static void
expect_both_ways(const char *plain, const char *text, encode_fn *encode,
    decode_fn *decode)
{
	struct buf b;

	buf_init(&b, 200);
	encode(&b, str_of(plain));
	assert_string_equal(buf_cstr(&b), text);
	buf_reset(&b);
	if (!decode(&b, str_of(text)))
		fail_msg("%s is refused", text);
	assert_string_equal(buf_cstr(&b), plain);
	buf_release(&b);
}

static void
rfc4648_vectors(void **state)
{
	static const struct {
		const char *plain, *base64, *base32, *hex;
	} rows[] = {
	    {"", "", "", ""},
	    {"f", "Zg==", "my", "66"},
	    {"fo", "Zm8=", "mzxq", "666f"},
	    {"foo", "Zm9v", "mzxw6", "666f6f"},
	    {"foob", "Zm9vYg==", "mzxw6yq", "666f6f62"},
	    {"fooba", "Zm9vYmE=", "mzxw6ytb", "666f6f6261"},
	    {"foobar", "Zm9vYmFy", "mzxw6ytboi", "666f6f626172"},
	    {"\xff\xfe\xfb", "//77", "777pw", "fffefb"},
	    {"\xfb\xef\xbe", "++++", "7px34", "fbefbe"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		expect_both_ways(rows[i].plain, rows[i].base64, base64_encode,
		    base64_decode);
		expect_both_ways(rows[i].plain, rows[i].base32, base32_encode,
		    base32_decode);
		expect_both_ways(rows[i].plain, rows[i].hex, hex_encode,
		    hex_decode);
	}
}

static void
decoders_are_strict(void **state)
{
	static const struct {
		const char *label;
		decode_fn *decode;
		const char *text;
	} rows[] = {
	    {"no padding", base64_decode, "Zg"},
	    {"half the padding", base64_decode, "Zg="},
	    {"too much padding", base64_decode, "Zm9v===="},
	    {"padding alone", base64_decode, "===="},
	    {"three of padding", base64_decode, "Z==="},
	    {"padding inside", base64_decode, "Zg==Zg=="},
	    {"bits left over", base64_decode, "Zh=="},
	    {"bits left over, three digits", base64_decode, "Zm9="},
	    {"line break", base64_decode, "Zm9v\nZm9"},
	    {"blank", base64_decode, "Zm 9"},
	    {"base64url", base64_decode, "--__"},
	    {"high byte", base64_decode, "Zm9\xe9"},
	    {"one digit", base32_decode, "m"},
	    {"three digits", base32_decode, "mzx"},
	    {"six digits", base32_decode, "mzxw6y"},
	    {"bits left over in 32", base32_decode, "mz"},
	    {"padding in 32", base32_decode, "my======"},
	    {"digit one", base32_decode, "m1"},
	    {"digit eight", base32_decode, "m8"},
	    {"a digit too many, of zeros", base32_decode, "a"},
	    {"three digits, the last of zeros", base32_decode, "mya"},
	    {"odd", hex_decode, "666"},
	    {"odd, the last one zero", hex_decode, "660"},
	    {"not hex", hex_decode, "6g"},
	    {"0x", hex_decode, "0x66"},
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 200);
	buf_puts(&b, "kept");
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].decode(&b, str_of(rows[i].text)))
			fail_msg("%s is accepted", rows[i].label);
		assert_string_equal(buf_cstr(&b), "kept");
	}
	assert_false(base64_decode(&b, STR("Zg\0=")));
	buf_release(&b);
}

static void
case_is_folded_where_it_may_be(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 200);
	assert_true(base32_decode(&b, STR("MzXw6YtBoI")));
	assert_true(hex_decode(&b, STR("4A4b")));
	assert_string_equal(buf_cstr(&b), "foobarJK");
	buf_release(&b);
}

static void
every_byte_comes_back(void **state)
{
	static const struct {
		encode_fn *encode;
		decode_fn *decode;
	} ways[] = {
	    {base64_encode, base64_decode},
	    {base32_encode, base32_decode},
	    {hex_encode, hex_decode},
	};
	char bytes[256];
	struct buf text, back;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	buf_init(&text, 600);
	buf_init(&back, 300);
	for (i = 0; i < ARRAY_LEN(ways); i++)
		for (n = 0; n <= sizeof(bytes); n++) {
			struct str in = {bytes + sizeof(bytes) - n, n};

			buf_reset(&text);
			buf_reset(&back);
			ways[i].encode(&text, in);
			assert_true(ways[i].decode(&back, buf_view(&text)));
			assert_true(str_eq(buf_view(&back), in));
		}
	buf_release(&text);
	buf_release(&back);
}

static void
what_does_not_fit_is_left_out_whole(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3); /* the digits would fit, the padding not */
	base64_encode(&b, STR("f"));
	assert_true(b.full);
	assert_int_equal(b.n, 0);
	buf_reset(&b);
	assert_false(base64_decode(&b, STR("Zm9vYg==")));
	assert_true(b.full);
	assert_int_equal(b.n, 0);
	buf_reset(&b);
	assert_true(base64_decode(&b, STR("Zm9v")));
	assert_string_equal(buf_cstr(&b), "foo");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rfc4648_vectors),
	    cmocka_unit_test(decoders_are_strict),
	    cmocka_unit_test(case_is_folded_where_it_may_be),
	    cmocka_unit_test(every_byte_comes_back),
	    cmocka_unit_test(what_does_not_fit_is_left_out_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
