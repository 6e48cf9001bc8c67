/* Addresses that nobody else may have us connect to, and their
 * neighbours, which they may. */
#include "lib/net/private_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	const char *text;
	bool is_private;
} rows[] = {
    {"0.0.0.0", true},
    {"1.0.0.0", false},
    {"9.255.255.255", false},
    {"10.0.0.0", true},
    {"11.0.0.0", false},
    {"100.63.255.255", false},
    {"100.64.0.0", true},
    {"100.127.255.255", true},
    {"100.128.0.0", false},
    {"126.255.255.255", false},
    {"127.0.0.1", true},
    {"169.253.255.255", false},
    {"169.254.169.254", true},
    {"172.15.255.255", false},
    {"172.16.0.0", true},
    {"172.31.255.255", true},
    {"172.32.0.0", false},
    {"192.0.0.1", true},
    {"192.0.1.1", false},
    {"192.168.255.255", true},
    {"192.169.0.0", false},
    {"198.17.255.255", false},
    {"198.19.255.255", true},
    {"223.255.255.255", false},
    {"224.0.0.1", true},
    {"255.255.255.255", true},
    {"::", true},
    {"::1", true},
    {"::ffff:8.8.8.8", true},
    {"64:ff9b::808:808", true},
    {"fc00::1", true},
    {"fe80::1", true},
    {"ff02::1", true},
    {"2002:7f00:1::", true},
    {"2001:0:1::", true},
    {"2001:4860:4860::8888", false},
    {"2606:4700::1111", false},
};

static bool
is_private(const char *text)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return private_address((const struct sockaddr *)&four);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return private_address((const struct sockaddr *)&six);
}

static void
test_table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (is_private(rows[i].text) != rows[i].is_private)
			fail_msg("%s", rows[i].text);
}

static void
test_other_families(void **state)
{
	struct sockaddr other = {.sa_family = AF_UNIX};

	(void)state;
	assert_true(private_address(&other));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_other_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
