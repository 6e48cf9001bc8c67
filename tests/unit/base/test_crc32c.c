/* The CRC against the values of RFC 3720, B.4, both ways. */
#include "lib/base/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
values_of_the_rfc(void **state)
{
	unsigned char zeros[32] = {0}, ones[32], up[32], down[32];
	const struct {
		const char *label;
		const void *p;
		size_t n;
		uint32_t want;
	} rows[] = {
	    {"zeros", zeros, 32, 0x8a9136aa},
	    {"ones", ones, 32, 0x62a8ab43},
	    {"up", up, 32, 0x46dd794e},
	    {"down", down, 32, 0x113fdb5c},
	    {"digits", "123456789", 9, 0xe3069283},
	    {"nothing", NULL, 0, 0},
	};
	size_t i;

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (i = 0; i < 32; i++) {
		up[i] = (unsigned char)i;
		down[i] = (unsigned char)(31 - i);
	}
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (crc32c(0, rows[i].p, rows[i].n) != rows[i].want)
			fail_msg("%s", rows[i].label);
		if (crc32c_plain(0, rows[i].p, rows[i].n) != rows[i].want)
			fail_msg("%s, plain", rows[i].label);
	}
}

static void
in_pieces_it_is_the_same(void **state)
{
	unsigned char bytes[100];
	uint32_t whole, parts;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 37 + 11);
	whole = crc32c_plain(0, bytes, sizeof(bytes));
	for (i = 0; i <= sizeof(bytes); i++) {
		parts = crc32c(0, bytes, i);
		parts = crc32c(parts, bytes + i, sizeof(bytes) - i);
		assert_int_equal(parts, whole);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_of_the_rfc),
	    cmocka_unit_test(in_pieces_it_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
