#include "api/server_listen.h"

#include "lib/base/str.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 511

/* "[::1]:80" -> "::1" and "80" */
static bool
split(const char *address, char host[256], char port[16], struct err *err)
{
	struct str s = str_of(address);
	size_t colon = str_rchr(s, ':');
	struct str name = str_sub(s, 0, colon);
	struct str number = str_from(s, colon + 1);

	if (colon == STR_NOWHERE || name.n == 0 || name.n > 255 ||
	    number.n == 0 || number.n > 15)
		return err_set(err, FAIL_INPUT, "listen %s: not host:port",
		    address);
	if (str_starts(name, STR("[")) && str_ends(name, STR("]")))
		name = str_sub(name, 1, name.n - 2);
	snprintf(host, 256, "%.*s", STR_ARG(name));
	snprintf(port, 16, "%.*s", STR_ARG(number));
	return true;
}

static int
open_socket(const struct addrinfo *a)
{
	int on = 1;
	int fd = socket(a->ai_family,
	    a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

static int
bound_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = {0};
	socklen_t n = sizeof(at);

	if (getsockname(fd, &at.any, &n) != 0)
		return 0;
	return ntohs(
	    at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

bool
server_listen(const char *address, int *fd, int *port, struct err *err)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	    .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char host[256], number[16];
	int rc;

	if (!split(address, host, number, err))
		return false;
	rc = getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, number, &hints,
	    &found);
	if (rc != 0)
		return err_set(err, FAIL_MISSING, "listen %s: %s", address,
		    gai_strerror(rc));
	*fd = open_socket(found);
	freeaddrinfo(found);
	if (*fd < 0)
		return err_set(err, FAIL_IO, "listen %s: %s", address,
		    strerror(errno));
	*port = bound_port(*fd);
	return true;
}
