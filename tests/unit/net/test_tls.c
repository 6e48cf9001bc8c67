/*
 * Goal (S-042, S-043): only a certificate that is really the host's is
 * accepted, a bad one gets no byte of ours and the error says why; sessions
 * are resumed, but never by somebody else.
 */
#include "lib/net/conn.h"
#include "lib/net/tls.h"

#include "tests/support/certs.h"
#include "tests/support/client.h"
#include "tests/support/peer.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY 86400

static struct client client;
static bool shaken; /* the peer's handshake went through */
static size_t heard;
static char sni[64]; /* the name the client asked for, "" if none */

static const struct cert_spec specs[] = {
    {.name = "expired",
	.issuer = "ca",
	.cn = "localhost",
	.san = "DNS:localhost",
	.from_s = -9 * DAY,
	.to_s = -DAY},
    {.name = "future",
	.issuer = "ca",
	.cn = "localhost",
	.san = "DNS:localhost",
	.from_s = DAY,
	.to_s = 9 * DAY},
    {.name = "other",
	.issuer = "ca",
	.cn = "localhost",
	.san = "DNS:mx.other.test"},
    {.name = "self", .cn = "localhost", .san = "DNS:localhost,IP:127.0.0.1"},
    {.name = "ca2", .cn = "Another CA", .ca = true},
    {.name = "wrong-ca",
	.issuer = "ca2",
	.cn = "localhost",
	.san = "DNS:localhost"},
    {.name = "cn-only", .issuer = "ca", .cn = "localhost"},
    {.name = "other-ip",
	.issuer = "ca",
	.cn = "127.0.0.1",
	.san = "DNS:127.0.0.1,IP:127.0.0.2"},
    {.name = "weak",
	.issuer = "ca",
	.cn = "localhost",
	.san = "DNS:localhost",
	.rsa_bits = 1024},
    {.name = "wild",
	.issuer = "ca",
	.cn = "wild",
	.san = "DNS:loc*,DNS:*,DNS:*.localhost"},
};

static int
make_certs(void **state)
{
	size_t i;

	(void)state;
	certs_basic();
	for (i = 0; i < ARRAY_LEN(specs); i++)
		certs_make(&specs[i]);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	client = (struct client){.loop = NULL};
	heard = 0;
	shaken = false;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	client_release(&client);
	return 0;
}

static void
serve(struct peer_conn *pc, void *arg)
{
	const char *name;
	char bytes[256];
	size_t n;

	(void)arg;
	shaken = peer_tls(pc);
	name = SSL_get_servername(pc->ssl, TLSEXT_NAMETYPE_host_name);
	snprintf(sni, sizeof(sni), "%s", name != NULL ? name : "");
	if (shaken)
		PEER_SAY(pc, "hello");
	while ((n = peer_hear(pc, bytes, sizeof(bytes))) > 0)
		if (shaken)
			heard += n;
}

static void
say_secret(struct client *c)
{
	client_say(c, "secret");
	assert_true(conn_is_tls(c->conn));
}

static void
shut(struct client *c)
{
	conn_shut(c->conn);
}

/* One connection with implicit TLS; says something when it is open. */
static void
converse(const struct peer_tls *tls, const struct conn_params *params)
{
	struct peer *p = peer_start(tls, serve, NULL);
	struct conn_params q = *params;

	q.port = q.port != 0 ? q.port : peer_port(p);
	q.tls = CONN_TLS_IMPLICIT;
	if (q.ca_file == NULL)
		q.ca_file = certs_pem("ca");
	client.on_open = say_secret;
	client.on_data = shut;
	client_open(&client, &q);
	client_run(&client);
	peer_stop(p);
	peer_free(p);
}

static void
good(void **state)
{
	static const struct {
		const char *cert, *host, *ca, *sni;
	} rows[] = {
	    {"good", "localhost", "ca", "localhost"},
	    {"good", "127.0.0.1", "ca", ""},
	    {"good", "LocalHost", "ca", "LocalHost"},
	    {"self", "localhost", "self", "localhost"}, /* pinned itself */
	    {"good", "localhost", "good",
		"localhost"}, /* pinned without its issuer */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("row: %s for %s by %s\n", rows[i].cert,
		    rows[i].host, rows[i].ca);
		setup(NULL);
		converse(&(struct peer_tls){.cert = rows[i].cert},
		    &(struct conn_params){.host = rows[i].host,
			.ca_file = certs_pem(rows[i].ca)});
		assert_string_equal(client.end.text, "closed by the peer");
		assert_int_equal(client.end.kind, FAIL_NONE);
		assert_string_equal(buf_cstr(&client.got), "hello");
		assert_int_equal(heard, 6);
		assert_string_equal(sni, rows[i].sni);
		client_release(&client);
	}
}

static void
bad(void **state)
{
	static const struct {
		const char *label;
		struct peer_tls tls;
		const char *host, *reason;
	} rows[] = {
	    {"expired", {"expired", 0, NULL}, "localhost",
		"certificate verify failed: certificate has expired"},
	    {"not yet valid", {"future", 0, NULL}, "localhost",
		"certificate verify failed: certificate is not yet valid"},
	    {"wrong host", {"other", 0, NULL}, "localhost",
		"certificate verify failed: hostname mismatch"},
	    {"self-signed", {"self", 0, NULL}, "localhost",
		"certificate verify failed: self-signed certificate"},
	    {"wrong CA", {"wrong-ca", 0, NULL}, "localhost",
		"certificate verify failed: unable to get local issuer "
		"certificate"},
	    {"CN only", {"cn-only", 0, NULL}, "localhost",
		"certificate verify failed: hostname mismatch"},
	    {"IP mismatch", {"other-ip", 0, NULL}, "127.0.0.1",
		"certificate verify failed: IP address mismatch"},
	    {"weak key", {"weak", 0, NULL}, "localhost",
		"certificate verify failed: EE certificate key too weak"},
	    {"wildcards", {"wild", 0, NULL}, "localhost",
		"certificate verify failed: hostname mismatch"},
	    {"revoked, TLS 1.3", {"good", 0, "ca"}, "localhost",
		"certificate verify failed: certificate revoked"},
	    {"revoked, TLS 1.2", {"good", TLS1_2_VERSION, "ca"}, "localhost",
		"certificate verify failed: certificate revoked"},
	    {"TLS 1.1", {"good", TLS1_1_VERSION, NULL}, "localhost",
		"tlsv1 alert protocol version"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("row: %s\n", rows[i].label);
		setup(NULL);
		converse(&rows[i].tls,
		    &(struct conn_params){.host = rows[i].host});
		if (strstr(client.end.text, rows[i].reason) == NULL)
			fail_msg("%s", client.end.text);
		assert_non_null(strstr(client.end.text, "tls handshake "));
		assert_int_equal(client.end.kind, FAIL_TLS);
		assert_int_equal(client.opened, 0);
		assert_int_equal(heard, 0);
		client_release(&client);
	}
}

/* The dot of an absolute name is in no certificate and in no SNI. */
static void
absolute_name(void **state)
{
	struct tls_params params = {"localhost.", certs_pem("ca"), NULL};
	struct peer *p =
	    peer_start(&(struct peer_tls){.cert = "good"}, serve, NULL);
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)peer_port(p)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct err err = {FAIL_NONE, ""};
	struct tls *t;

	(void)state;
	client.loop = loop_new();
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	t = tls_new(client.loop, fd, &params, &err);
	assert_non_null(t);
	assert_string_equal(tls_describe(t), "");
	assert_int_equal(tls_handshake(t, &err), WIRE_DONE);
	tls_close(t);
	tls_free(t);
	close(fd);
	peer_stop(p);
	peer_free(p);
	assert_string_equal(sni, "localhost");
}

/* Nobody can sign "revoked" but the issuer; others' word is no staple. */
static void
staple_of_a_stranger(void **state)
{
	(void)state;
	converse(&(struct peer_tls){.cert = "good", .revoked_by = "ca2"},
	    &(struct conn_params){.host = "localhost"});
	assert_int_equal(client.end.kind, FAIL_NONE);
	assert_int_equal(heard, 6);
}

static void
ca_file_unusable(void **state)
{
	static const char *const files[] = {"/nonexistent/ca.pem", "/dev/null"};
	static const char *const reasons[] = {"No such file or directory",
	    "no certificate"};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(files); i++) {
		setup(NULL);
		converse(&(struct peer_tls){.cert = "good"},
		    &(struct conn_params){.host = "localhost",
			.ca_file = files[i]});
		assert_int_equal(client.end.kind, FAIL_TLS);
		assert_non_null(strstr(client.end.text, files[i]));
		assert_non_null(strstr(client.end.text, reasons[i]));
		assert_int_equal(client.opened, 0);
		client_release(&client);
	}
}

/* Without a ca_file the system decides, and it does not know our CA. */
static void
system_authorities(void **state)
{
	(void)state;
	converse(&(struct peer_tls){.cert = "good"},
	    &(struct conn_params){.host = "localhost", .ca_file = ""});
	assert_int_equal(client.end.kind, FAIL_TLS);
	assert_non_null(strstr(client.end.text, "local issuer certificate"));
}

static char described[64];

static void
describe(struct client *c)
{
	say_secret(c);
	snprintf(described, sizeof(described), "%s",
	    conn_tls_describe(c->conn));
}

/* One more connection of the same loop. */
static const char *
again(struct peer *p, const char *host, const char *ca, const char *key)
{
	struct conn_params q = {.host = host,
	    .port = peer_port(p),
	    .tls = CONN_TLS_IMPLICIT,
	    .ca_file = certs_pem(ca),
	    .session_key = key};

	buf_release(&client.got);
	described[0] = '\0';
	client.on_open = describe;
	client.on_data = shut;
	client_open(&client, &q);
	client_run(&client);
	assert_int_equal(client.end.kind, FAIL_NONE);
	return described;
}

static void
resumption(const struct peer_tls *tls, const char *fresh, const char *resumed)
{
	struct peer *p = peer_start(tls, serve, NULL), *q;

	certs_make(
	    &(struct cert_spec){.name = "ca-copy", .cn = "unused", .ca = true});
	assert_string_equal(again(p, "localhost", "ca", "7"), fresh);
	assert_string_equal(again(p, "localhost", "ca", "7"), resumed);
	assert_string_equal(again(p, "localhost", "ca", "7"), resumed);
	assert_string_equal(again(p, "localhost", "ca", "8"), fresh);
	assert_string_equal(again(p, "127.0.0.1", "ca", "7"), fresh);
	assert_string_equal(again(p, "localhost", "good", "7"), fresh);
	assert_string_equal(again(p, "localhost", "ca", NULL), fresh);
	assert_string_equal(again(p, "localhost", "ca", NULL), fresh);
	assert_string_equal(again(p, "localhost", "ca", "8"), resumed);
	q = peer_start(tls, serve, NULL);
	assert_string_equal(again(q, "localhost", "ca", "7"), fresh);
	peer_stop(q);
	peer_free(q);
	peer_stop(p);
	peer_free(p);
}

static void
resumed_tls13(void **state)
{
	(void)state;
	resumption(&(struct peer_tls){.cert = "good"}, "TLSv1.3",
	    "TLSv1.3 resumed");
}

static void
resumed_tls12(void **state)
{
	(void)state;
	resumption(
	    &(struct peer_tls){.cert = "good", .max_version = TLS1_2_VERSION},
	    "TLSv1.2", "TLSv1.2 resumed");
}

static void
drop(struct client *c)
{
	client_drop(c);
}

/* A connection that ends by conn_free leaves a session that is good. */
static void
resumed_after_free(void **state)
{
	struct peer *p =
	    peer_start(&(struct peer_tls){.cert = "good"}, serve, NULL);
	struct conn_params q = {.host = "localhost",
	    .port = peer_port(p),
	    .tls = CONN_TLS_IMPLICIT,
	    .ca_file = certs_pem("ca"),
	    .session_key = "7"};

	(void)state;
	client.on_data = drop;
	client_open(&client, &q);
	client_run(&client);
	buf_release(&client.got);
	assert_string_equal(again(p, "localhost", "ca", "7"),
	    "TLSv1.3 resumed");
	peer_stop(p);
	peer_free(p);
}

/* What the old authorities vouched for does not outlive them. */
static void
ca_file_replaced(void **state)
{
	struct peer *p =
	    peer_start(&(struct peer_tls){.cert = "good"}, serve, NULL);
	struct conn_params q = {.host = "localhost",
	    .port = peer_port(p),
	    .tls = CONN_TLS_IMPLICIT,
	    .session_key = "7"};
	char copy[300], command[900];

	(void)state;
	snprintf(copy, sizeof(copy), "%s.copy", certs_pem("ca"));
	snprintf(command, sizeof(command), "cp %s %s", certs_pem("ca"), copy);
	/* NOLINTNEXTLINE(cert-env33-c): our own command */
	assert_int_equal(system(command), 0);
	q.ca_file = copy;
	client.on_data = shut;
	client_open(&client, &q);
	client_run(&client);
	assert_int_equal(client.end.kind, FAIL_NONE);
	snprintf(command, sizeof(command), "cp %s %s", certs_pem("ca2"), copy);
	/* NOLINTNEXTLINE(cert-env33-c): our own command */
	assert_int_equal(system(command), 0);
	buf_release(&client.got);
	client_open(&client, &q);
	client_run(&client);
	assert_int_equal(client.end.kind, FAIL_TLS);
	peer_stop(p);
	peer_free(p);
}

static void
close_in_the_middle(struct peer_conn *pc, void *arg)
{
	(void)arg;
	if (!peer_tls(pc))
		return;
	PEER_SAY(pc, "half a line");
	close(pc->fd);
	pc->fd = -1;
}

static void
cut_off(struct client *c, struct peer *p)
{
	client_open(c, &(struct conn_params){.host = "localhost",
			   .port = peer_port(p),
			   .tls = CONN_TLS_IMPLICIT,
			   .ca_file = certs_pem("ca")});
	client_run(c);
	peer_stop(p);
	peer_free(p);
}

/* TCP's end without TLS's: anybody can do that (RFC 8446, 6.1). */
static void
truncated(void **state)
{
	(void)state;
	cut_off(&client, peer_start(&(struct peer_tls){.cert = "good"},
			     close_in_the_middle, NULL));
	assert_int_equal(client.end.kind, FAIL_IO);
	assert_non_null(strstr(client.end.text, "without a goodbye"));
	assert_string_equal(buf_cstr(&client.got), "half a line");
}

/* A record whose MAC is wrong. */
static void
damage(struct peer_conn *pc, void *arg)
{
	char record[5 + 32] = {0x17, 3, 3, 0, 32};

	(void)arg;
	if (!peer_tls(pc))
		return;
	PEER_SAY(pc, "half a line");
	(void)!write(pc->fd, record, sizeof(record));
	peer_hear(pc, record, sizeof(record));
}

/* That happened on the way, and says nothing about who the peer is. */
static void
damaged(void **state)
{
	(void)state;
	cut_off(&client,
	    peer_start(&(struct peer_tls){.cert = "good"}, damage, NULL));
	assert_int_equal(client.end.kind, FAIL_IO);
	assert_non_null(strstr(client.end.text, "bad record mac"));
	assert_string_equal(buf_cstr(&client.got), "half a line");
}

static void
close_in_handshake(struct peer_conn *pc, void *arg)
{
	char c;

	(void)arg;
	peer_hear(pc, &c, 1);
	shutdown(pc->fd, SHUT_WR);
	while (peer_hear(pc, &c, 1) == 1)
		continue;
}

static void
closed_in_handshake(void **state)
{
	(void)state;
	cut_off(&client, peer_start(NULL, close_in_handshake, NULL));
	assert_int_equal(client.end.kind, FAIL_IO);
	assert_non_null(strstr(client.end.text, "closed by the peer"));
	assert_int_equal(client.opened, 0);
}

#define BIG (8U << 20)
static char block[BIG];
static size_t big_heard;

static void
echo_big(struct peer_conn *pc, void *arg)
{
	static char bytes[65536];
	size_t n;

	(void)arg;
	if (!peer_tls(pc))
		return;
	for (big_heard = 0; big_heard < BIG; big_heard += n) {
		n = peer_hear(pc, bytes, sizeof(bytes));
		if (n == 0 || !peer_say(pc, bytes, n))
			return;
	}
}

static void
say_big(struct client *c)
{
	conn_write(c->conn, (struct str){block, BIG});
}

/* Both buffers of the kernel fill up: partial writes on both sides. */
static void
much_under_tls(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < BIG; i++)
		block[i] = (char)((i * 2654435761U) >> 24);
	client.on_open = say_big;
	cut_off(&client,
	    peer_start(&(struct peer_tls){.cert = "good"}, echo_big, NULL));
	assert_string_equal(client.end.text, "closed by the peer");
	assert_int_equal(client.got.n, BIG);
	assert_memory_equal(client.got.p, block, BIG);
	assert_int_equal(client.drained, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    T(good),
	    T(bad),
	    T(absolute_name),
	    T(staple_of_a_stranger),
	    T(ca_file_unusable),
	    T(system_authorities),
	    T(resumed_tls13),
	    T(resumed_tls12),
	    T(resumed_after_free),
	    T(ca_file_replaced),
	    T(truncated),
	    T(damaged),
	    T(closed_in_handshake),
	    T(much_under_tls),
	};

	return cmocka_run_group_tests(tests, make_certs, NULL);
}
