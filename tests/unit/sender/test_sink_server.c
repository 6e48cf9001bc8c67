/*
 * Goal: what the fault script asks for happens on the wire: a connection ends
 * at the very octet, with FIN or RST, replies crawl, nothing is read, and a
 * connection that hangs costs the others nothing.
 */
#include "lib/base/base.h"

#include "tests/sink/sink_server.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "tests/support/certs.h"
#include "tests/support/scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define GREETING "220 sink.test ESMTP\r\n"
#define TALK                                                   \
	"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>" \
	"\r\nDATA\r\nMessage-ID: <1@b.test>\r\n\r\nhi\r\n.\r\nQUIT\r\n"

static struct sink_options options;
static struct sink_server *server;

static void
serve(const char *rule)
{
	struct err err;

	if (rule != NULL && !sink_options_rule(&options, rule, &err))
		fail_msg("%s", err.text);
	server = sink_server_new(&options);
}

static int
dial(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval wait = {.tv_sec = 10};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_port = htons((uint16_t)sink_server_port(server));
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return fd;
}

/* All that comes until the end; how it ended: 0, or an errno. */
static int
hear(int fd, struct buf *out)
{
	char *p;
	ssize_t n;

	buf_reset(out);
	for (;;) {
		p = buf_room(out, 4096);
		assert_non_null(p);
		n = recv(fd, p, 4096, 0);
		if (n <= 0)
			return n == 0 ? 0 : errno;
		buf_used(out, (size_t)n);
	}
}

/* A whole conversation, in one piece. */
static int
talk(struct buf *out)
{
	int fd = dial(), how;

	(void)send(fd, TALK, strlen(TALK), MSG_NOSIGNAL);
	how = hear(fd, out);
	close(fd);
	return how;
}

static int
setup(void **state)
{
	sink_options_init(&options);
	return scratch_setup(state);
}

static int
teardown(void **state)
{
	sink_server_free(server);
	server = NULL;
	return scratch_teardown(state);
}

static long
accepted(void)
{
	return atomic_load(&sink_server_shared(server)->accepted);
}

/* Every octet that the server says is the last one of some connection, and
 * every connection got exactly that many. */
static void
cut_at_every_octet_said(void **state)
{
	struct buf whole, part;
	size_t k, same;

	(void)state;
	buf_init(&whole, 10000);
	buf_init(&part, 10000);
	serve(NULL);
	assert_int_equal(talk(&whole), 0);
	sink_server_free(server);
	serve("out sweep:0-1000=drop");
	for (k = 0; k < whole.n; k++) {
		assert_int_equal(talk(&part), 0);
		assert_int_equal(part.n, k);
		/* what counts messages stands behind that */
		same = str_find(buf_view(&whole), STR("queued"));
		assert_memory_equal(part.p, whole.p, k < same ? k : same);
	}
	buf_release(&whole);
	buf_release(&part);
}

/* And every octet that it hears: what it accepted it has heard to the end. */
static void
cut_at_every_octet_heard(void **state)
{
	size_t dot = strlen(TALK) - strlen("QUIT\r\n"), k;
	struct buf part;
	int how;

	(void)state;
	buf_init(&part, 10000);
	serve("in sweep:1-1000=reset");
	for (k = 1; k <= strlen(TALK); k++) {
		how = talk(&part);
		assert_true(how == ECONNRESET || k == strlen(TALK));
		assert_int_equal(accepted(), k < dot ? 0 : k - dot + 1);
	}
	buf_release(&part);
}

/* An offset that a connection did not come to is another's. */
static void
sweeps_leave_nothing_out(void **state)
{
	const char *log = scratch_path(*state, "log");
	struct buf text;
	char want[80];
	struct err err;
	int k;

	options.log = log;
	options.events = 1U << SINK_EVENT_FAULT;
	serve("in sweep:1-9=drop");
	buf_init(&text, 100000);
	for (k = 0; k < 20; k++) {
		if (k < 9)
			close(dial()); /* says nothing */
		(void)talk(&text);
	}
	sink_server_free(server);
	server = NULL;
	buf_reset(&text);
	assert_true(file_read(log, &text, &err));
	for (k = 1; k <= 9; k++) {
		snprintf(want, sizeof(want), "\tin\tdrop\t%d\t", k);
		assert_true(
		    str_find(buf_view(&text), str_of(want)) != STR_NOWHERE);
	}
	buf_release(&text);
}

/* D-15: one octet of the greeting every 20 ms; who comes next has none of
 * it. */
static void
tarpit(void **state)
{
	char text[64];
	struct buf part;
	int64_t start = clock_mono_ms();
	ssize_t n;
	int fd;

	(void)state;
	serve("greeting conn:1=slow 1/20");
	buf_init(&part, 10000);
	fd = dial();
	assert_int_equal(talk(&part), 0);
	assert_true(clock_mono_ms() - start < 300);
	n = recv(fd, text, strlen(GREETING), MSG_WAITALL);
	assert_int_equal(n, strlen(GREETING));
	assert_memory_equal(text, GREETING, (size_t)n);
	assert_true(clock_mono_ms() - start >= 20 * (n - 1));
	close(fd);
	buf_release(&part);
}

/* Nothing is read: the window shuts, and a client's writes stop. */
static void
zero_window(void **state)
{
	static char text[65536];
	size_t sent = 0;
	ssize_t n = 1;
	int fd, i;

	(void)state;
	options.receive_buffer = 8192;
	serve("greeting=slow-read 1/60000");
	fd = dial();
	for (i = 0; i < 500 && n > 0; i++) {
		n = send(fd, text, sizeof(text), MSG_DONTWAIT | MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
	}
	assert_true(n < 0 && errno == EAGAIN);
	assert_true(sent < ((size_t)16 << 20));
	close(fd);
}

/* Ten hang for good; the eleventh is served, and those who give up are
 * forgotten. */
static void
stalls(void **state)
{
	const struct sink_shared *shared;
	struct buf part;
	int fds[10], i;

	(void)state;
	serve("ehlo first:10=stall");
	shared = sink_server_shared(server);
	buf_init(&part, 10000);
	for (i = 0; i < 10; i++) {
		fds[i] = dial();
		assert_int_equal(send(fds[i], "EHLO x\r\n", 8, 0), 8);
		recv(fds[i], buf_room(&part, 100), strlen(GREETING),
		    MSG_WAITALL);
	}
	while (atomic_load(&shared->refused) < 10)
		usleep(1000);
	assert_int_equal(talk(&part), 0);
	assert_int_equal(accepted(), 1);
	for (i = 0; i < 10; i++)
		close(fds[i]);
	for (i = 0; i < 2000 && atomic_load(&shared->open) > 0; i++)
		usleep(1000);
	assert_int_equal(atomic_load(&shared->open), 0);
	buf_release(&part);
}

/* The limit of Microsoft's: more than so many at once. */
static void
too_many_connections(void **state)
{
	struct buf part;
	int fds[3], i;

	(void)state;
	serve(
	    "greeting open:3=432 4.3.2 Concurrent connections limit exceeded");
	buf_init(&part, 10000);
	for (i = 0; i < 3; i++) {
		fds[i] = dial();
		recv(fds[i], buf_room(&part, 100), strlen(GREETING),
		    MSG_WAITALL);
	}
	assert_int_equal(talk(&part), 0);
	assert_true(str_starts(buf_view(&part), STR("432 4.3.2 Conc")));
	for (i = 0; i < 3; i++)
		close(fds[i]);
	buf_release(&part);
}

static void
a_storm_clears(void **state)
{
	const char *path = scratch_path(*state, "rules");
	struct buf part;
	struct err err;

	assert_true(
	    file_write(path, STR("rcpt=451 4.7.1 storm\n"), 0600, &err));
	options.rule_file = path;
	serve(NULL);
	buf_init(&part, 10000);
	assert_int_equal(talk(&part), 0);
	assert_int_equal(accepted(), 0);
	assert_true(file_write(path, STR("#\n"), 0600, &err));
	assert_true(sink_server_reload(server, &err));
	assert_int_equal(talk(&part), 0);
	assert_int_equal(accepted(), 1);
	buf_release(&part);
}

static SSL_CTX *
use_tls(enum sink_tls how)
{
	options.tls = how;
	options.cert = certs_pem("good");
	options.key = certs_key("good");
	return SSL_CTX_new(TLS_client_method());
}

/* A conversation under TLS; what SSL_get_error says at the end. */
static int
talk_tls(SSL_CTX *ctx, struct buf *out)
{
	SSL *ssl = SSL_new(ctx);
	int fd = dial(), n, how = SSL_ERROR_SSL;
	char in[4096];

	buf_reset(out);
	SSL_set_fd(ssl, fd);
	if (SSL_connect(ssl) == 1) {
		(void)SSL_write(ssl, TALK, (int)strlen(TALK));
		while ((n = SSL_read(ssl, in, sizeof(in))) > 0)
			buf_add(out, in, (size_t)n);
		how = SSL_get_error(ssl, n);
	}
	SSL_free(ssl);
	close(fd);
	return how;
}

/* D-17: no handshake, a goodbye that is missing, a record that is nonsense. */
static void
faults_of_tls(void **state)
{
	static const struct {
		const char *rule;
		int how;
		long accepted;
	} rows[] = {
	    {NULL, SSL_ERROR_ZERO_RETURN, 1},
	    {"tls=garbage", SSL_ERROR_SSL, 0},
	    {"connect=421 4.3.2 no", SSL_ERROR_SSL, 0},
	    {"tls=drop", SSL_ERROR_SSL, 0},
	    {"tls=reset", SSL_ERROR_SSL, 0},
	    {"rcpt=drop", SSL_ERROR_SSL, 0},
	    {"rcpt=corrupt 200", SSL_ERROR_SSL, 0},
	    {"in at:30=drop", SSL_ERROR_SSL, 0},
	    {"out at:30=drop", SSL_ERROR_SSL, 1},
	};
	SSL_CTX *ctx;
	struct buf part;
	size_t i;

	(void)state;
	buf_init(&part, 10000);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].rule ? rows[i].rule : "none");
		sink_options_init(&options);
		ctx = use_tls(SINK_TLS_IMPLICIT);
		serve(rows[i].rule);
		assert_int_equal(talk_tls(ctx, &part), rows[i].how);
		assert_int_equal(accepted(), rows[i].accepted);
		SSL_CTX_free(ctx);
		sink_server_free(server);
		server = NULL;
	}
	buf_release(&part);
}

/* Many clients say whatever they like, and go whenever they like. */
static void
noise(void **state)
{
	unsigned seed = 7;
	struct buf part;
	char junk[3000];
	int fd, i;
	size_t k;

	(void)state;
	options.receive_buffer = 4096;
	serve("in chance:0.2 at:300=garbage");
	buf_init(&part, 1 << 20);
	for (i = 0; i < 200; i++) {
		for (k = 0; k < sizeof(junk); k++)
			junk[k] = (char)rand_r(&seed);
		fd = dial();
		(void)send(fd, junk, (size_t)rand_r(&seed) % sizeof(junk),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (i % 3 == 0)
			(void)send(fd, TALK, strlen(TALK),
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		close(fd);
	}
	assert_int_equal(talk(&part), 0);
	buf_release(&part);
}

#define SERVER_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SERVER_TEST(cut_at_every_octet_said),
	    SERVER_TEST(cut_at_every_octet_heard),
	    SERVER_TEST(sweeps_leave_nothing_out),
	    SERVER_TEST(tarpit),
	    SERVER_TEST(zero_window),
	    SERVER_TEST(stalls),
	    SERVER_TEST(too_many_connections),
	    SERVER_TEST(a_storm_clears),
	    SERVER_TEST(faults_of_tls),
	    SERVER_TEST(noise),
	};

	certs_basic();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
