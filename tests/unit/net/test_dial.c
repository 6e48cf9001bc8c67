/*
 * Goal: of several addresses the first that answers is taken, one that does
 * not answer costs only its share of the time, and failures name the first.
 *
 * The resolver is this file's own: it gives what a test put up.
 */
#include "lib/net/dial.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "tests/support/peer.h"

#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static int ports[LOOKUP_MAX + 4]; /* each on 127.0.0.1 */
static size_t port_count;
static unsigned slow_us; /* the resolver takes that long */

/* The names of libc's own parameters are reserved to it. */
int /* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **out)
{
	struct addrinfo *list = NULL, *ai;
	struct sockaddr_in *at;
	size_t i;

	(void)host;
	(void)service;
	if (hints->ai_flags & AI_NUMERICHOST)
		return EAI_NONAME;
	usleep(slow_us);
	for (i = port_count; i > 0; i--) {
		ai = NEW(struct addrinfo);
		at = NEW(struct sockaddr_in);
		at->sin_family = AF_INET;
		at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		at->sin_port = htons((uint16_t)ports[i - 1]);
		ai->ai_addr = (struct sockaddr *)at;
		ai->ai_addrlen = sizeof(*at);
		ai->ai_next = list;
		list = ai;
	}
	*out = list;
	return list != NULL ? 0 : EAI_NONAME;
}

void
freeaddrinfo(struct addrinfo *ai)
{
	struct addrinfo *next;

	for (; ai != NULL; ai = next) {
		next = ai->ai_next;
		free(ai->ai_addr);
		free(ai);
	}
}

struct caller {
	struct dial *dial;
	int calls, port;
	struct err err;
};

static void
on_dialed(int fd, const struct err *err, void *arg)
{
	struct caller *c = arg;
	struct sockaddr_in at = {.sin_port = 0};
	socklen_t n = sizeof(at);

	c->calls++;
	if (err != NULL) {
		assert_int_equal(fd, -1);
		c->err = *err;
	} else {
		getpeername(fd, (struct sockaddr *)&at, &n);
		c->port = ntohs(at.sin_port);
		close(fd);
	}
	dial_free(c->dial);
}

/* How long it took. */
static int64_t
call(struct caller *c, int64_t timeout_ms)
{
	struct loop *loop = loop_new();
	int64_t start = clock_mono_ms();

	*c = (struct caller){.calls = 0};
	c->dial = dial_new(loop, "mx.test", 25, timeout_ms, on_dialed, c);
	assert_int_equal(c->calls, 0);
	loop_run(loop);
	assert_int_equal(c->calls, 1);
	start = clock_mono_ms() - start;
	loop_free(loop);
	return start;
}

static void
close_it(struct peer_conn *pc, void *arg)
{
	(void)pc;
	(void)arg;
}

static int
refusing_port(void)
{
	struct peer *p = peer_start(NULL, close_it, NULL);
	int port = peer_port(p);

	peer_stop(p);
	peer_free(p);
	return port;
}

static void
next_address_after_a_refusal(void **state)
{
	struct peer *p = peer_start(NULL, close_it, NULL);
	struct caller c;

	(void)state;
	ports[0] = refusing_port();
	ports[1] = peer_port(p);
	port_count = 2;
	call(&c, 5000);
	assert_int_equal(c.err.kind, FAIL_NONE);
	assert_int_equal(c.port, peer_port(p));
	peer_stop(p);
	peer_free(p);
}

static void
a_silent_address_costs_its_share(void **state)
{
	struct peer *p = peer_start(NULL, close_it, NULL);
	struct peer_hole hole;
	struct caller c;

	(void)state;
	peer_hole_open(&hole);
	ports[0] = hole.port;
	ports[1] = peer_port(p);
	port_count = 2;
	assert_in_range(call(&c, 600), 290, 590);
	assert_int_equal(c.err.kind, FAIL_NONE);
	assert_int_equal(c.port, peer_port(p));
	peer_hole_close(&hole);
	peer_stop(p);
	peer_free(p);
}

static void
all_fail(void **state)
{
	struct peer_hole hole;
	struct caller c;

	(void)state;
	peer_hole_open(&hole);
	ports[0] = refusing_port();
	ports[1] = hole.port;
	port_count = 2;
	assert_in_range(call(&c, 200), 190, 2000);
	assert_int_equal(c.err.kind, FAIL_IO);
	assert_string_equal(c.err.text,
	    "connect mx.test:25: refused (2 addresses)");
	peer_hole_close(&hole);
}

static void
no_more_than_the_maximum(void **state)
{
	struct caller c;
	size_t i;

	(void)state;
	port_count = ARRAY_LEN(ports);
	for (i = 0; i < port_count; i++)
		ports[i] = refusing_port();
	call(&c, 5000);
	assert_string_equal(c.err.text,
	    "connect mx.test:25: refused (16 addresses)");
}

static void
slow_resolver(void **state)
{
	struct caller c;

	(void)state;
	port_count = 1;
	ports[0] = refusing_port();
	slow_us = 400000;
	call(&c, 100);
	slow_us = 0;
	assert_int_equal(c.err.kind, FAIL_TIMEOUT);
	assert_string_equal(c.err.text, "lookup mx.test:25: no answer");
}

static void
names(void **state)
{
	char out[DIAL_NAME_MAX];

	(void)state;
	dial_name(out, "mx.test", 587);
	assert_string_equal(out, "mx.test:587");
	dial_name(out, "2001:db8::1", 25);
	assert_string_equal(out, "[2001:db8::1]:25");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(next_address_after_a_refusal),
	    cmocka_unit_test(a_silent_address_costs_its_share),
	    cmocka_unit_test(all_fail),
	    cmocka_unit_test(no_more_than_the_maximum),
	    cmocka_unit_test(slow_resolver),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
