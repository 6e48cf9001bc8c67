#include "api/webhook_url.h"

#include "lib/net/http.h"
#include "lib/net/loopback.h"
#include "lib/net/private_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define HOST_MAX 255

/* What stands between the slashes and the next, of an URL without a user. */
static struct str
authority(struct str url)
{
	size_t end, at = str_find(url, STR("://"));

	if (at == STR_NOWHERE)
		return STR("");
	url = str_from(url, at + 3);
	for (end = 0; end < url.n; end++)
		if (url.p[end] == '/' || url.p[end] == '?')
			break;
	return str_sub(url, 0, end);
}

/* An IPv6 address without its brackets. */
static struct str
host_of(struct str url, struct str *port)
{
	struct str host = authority(url);
	size_t colon = str_rchr(host, ':'), close = str_rchr(host, ']');

	*port = STR("");
	if (colon != STR_NOWHERE && (close == STR_NOWHERE || colon > close)) {
		*port = str_from(host, colon + 1);
		host = str_sub(host, 0, colon);
	}
	if (host.n > 1 && host.p[0] == '[')
		host = str_sub(host, 1, host.n - 2);
	return host;
}

/* In any of the ways in which libc, and so libcurl, reads an address. */
static bool
is_private_literal(const char *host)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};

	if (inet_aton(host, &four.sin_addr) != 0)
		return private_address((const struct sockaddr *)&four);
	if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
		return private_address((const struct sockaddr *)&six);
	return loopback_host(host);
}

bool
webhook_url_is_foreign(const char *url, const char *hosts)
{
	struct str rest = str_of(hosts), one, port;
	struct str host = host_of(str_of(url), &port);

	while (str_cut(&rest, ' ', &one))
		if (one.n > 0 && str_eq_nocase(one, host))
			return false;
	return true;
}

bool
webhook_url_ok(const char *url, const char *hosts, struct err *err)
{
	char text[HOST_MAX + 1];
	struct str port, host = host_of(str_of(url), &port);

	if (!http_url_ok(url, err))
		return false;
	if (!webhook_url_is_foreign(url, hosts))
		return true;
	if (!str_starts_nocase(str_of(url), STR("https:")))
		return err_set(err, FAIL_INPUT, "must begin with https://");
	if (port.n > 0 && !str_eq(port, STR("443")))
		return err_set(err, FAIL_INPUT, "must have port 443");
	if (host.n == 0 || host.n > HOST_MAX)
		return err_set(err, FAIL_INPUT, "has no host");
	snprintf(text, sizeof(text), "%.*s", STR_ARG(host));
	if (is_private_literal(text))
		return err_set(err, FAIL_INPUT,
		    "leads to an address that is not public");
	return true;
}
