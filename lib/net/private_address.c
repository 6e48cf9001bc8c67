#include "lib/net/private_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const struct {
	uint32_t net;
	int bits;
} blocked[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* shared by carriers */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link-local: metadata of clouds */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarks */
    {0xe0000000, 3},  /* multicast, reserved, broadcast */
};

static bool
is_private_v4(uint32_t a)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(blocked); i++)
		if ((a ^ blocked[i].net) >> (32 - blocked[i].bits) == 0)
			return true;
	return false;
}

static bool
is_private_v6(const unsigned char a[16])
{
	return (a[0] & 0xe0) != 0x20 || (a[0] == 0x20 && a[1] == 0x02) ||
	       (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0 && a[3] == 0);
}

bool
private_address(const struct sockaddr *a)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (a->sa_family == AF_INET) {
		memcpy(&four, a, sizeof(four));
		return is_private_v4(ntohl(four.sin_addr.s_addr));
	}
	if (a->sa_family != AF_INET6)
		return true;
	memcpy(&six, a, sizeof(six));
	return is_private_v6(six.sin6_addr.s6_addr);
}
