#include "lib/net/loopback.h"

#include "lib/base/str.h"

#include <arpa/inet.h>

bool
loopback_address(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return false;
}

bool
loopback_host(const char *host)
{
	return loopback_address(host) ||
	       str_eq_nocase(str_of(host), STR("localhost"));
}
