/* Goal: nothing but this host passes for it, however it is written. */
#include "lib/net/loopback.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
hosts(void **state)
{
	static const struct {
		const char *host;
		bool address, host_too;
	} rows[] = {
	    {"127.0.0.1", true, true},
	    {"127.255.3.4", true, true},
	    {"::1", true, true},
	    {"0:0:0:0:0:0:0:1", true, true},
	    {"localhost", false, true},
	    {"LocalHost", false, true},
	    {"", false, false},
	    {"127.1", false, false},
	    {"128.0.0.1", false, false},
	    {"0.0.0.0", false, false},
	    {"::", false, false},
	    {"[::1]", false, false},
	    {"::ffff:127.0.0.1", false, false},
	    {"127.0.0.1.example.com", false, false},
	    {"localhost.example.com", false, false},
	    {"localhost ", false, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (loopback_address(rows[i].host) != rows[i].address ||
		    loopback_host(rows[i].host) != rows[i].host_too)
			fail_msg("\"%s\"", rows[i].host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
