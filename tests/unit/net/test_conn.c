/*
 * Goal: in the clear bytes arrive whole and in order, every way to end has
 * its kind, the bounds bind, and the conn may be freed in any callback.
 */
#include "lib/net/conn.h"

#include "lib/base/clock.h"
#include "tests/support/client.h"
#include "tests/support/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

static struct client client;
static int watched, fail_at; /* the one that fails; 0: none */

/* The names that the linker wants. */
int real_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd) __asm__(
    "__real_uv_poll_init");
int wrap_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd) __asm__(
    "__wrap_uv_poll_init");

int
wrap_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
	return ++watched == fail_at ? UV_ENOSPC
				    : real_poll_init(loop, poll, fd);
}

static char heard[4096]; /* by a peer; read it after peer_stop */
static size_t heard_n, reads;

static int
setup(void **state)
{
	(void)state;
	client = (struct client){.loop = NULL};
	memset(heard, 0, sizeof(heard));
	heard_n = reads = 0;
	watched = fail_at = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	client_release(&client);
	return 0;
}

/* Runs the client against the peer until it is closed. */
static void
converse(peer_fn *serve)
{
	struct peer *p = peer_start(NULL, serve, NULL);

	client_open(&client, &(struct conn_params){.port = peer_port(p)});
	client_run(&client);
	peer_stop(p);
	peer_free(p);
}

static void
end_is(enum fail kind, const char *text)
{
	assert_int_equal(client.closed, 1);
	if (strstr(client.end.text, text) == NULL || client.end.kind != kind)
		fail_msg("%s: %s", fail_name(client.end.kind), client.end.text);
}

static void
hear_all(struct peer_conn *pc)
{
	size_t n;

	while (heard_n < sizeof(heard) - 1 &&
	       (n = peer_hear(pc, heard + heard_n,
		    sizeof(heard) - 1 - heard_n)) > 0) {
		heard_n += n;
		reads++;
	}
}

static void
names(void **state)
{
	enum conn_tls tls;

	(void)state;
	assert_true(conn_tls_parse(STR("starttls"), &tls));
	assert_int_equal(tls, CONN_TLS_STARTTLS);
	assert_true(conn_tls_parse(STR("implicit"), &tls));
	assert_int_equal(tls, CONN_TLS_IMPLICIT);
	assert_true(conn_tls_parse(STR("none"), &tls));
	assert_int_equal(tls, CONN_TLS_NONE);
	assert_false(conn_tls_parse(STR("TLS"), &tls));
	assert_false(conn_tls_parse(STR_NONE, &tls));
	assert_string_equal(conn_tls_name(CONN_TLS_STARTTLS), "starttls");
}

static void
hear_then_close(struct peer_conn *pc, void *arg)
{
	(void)arg;
	reads = 0;
	PEER_SAY(pc, "hello\n");
	hear_all(pc);
}

static void
say_pieces(struct client *c)
{
	client_say(c, "one ");
	client_say(c, "two ");
	client_say(c, "three");
	assert_int_equal(conn_pending(c->conn), 13);
	conn_shut(c->conn);
}

/* All that a turn writes leaves in one piece. */
static void
writes_are_gathered(void **state)
{
	(void)state;
	client.on_open = say_pieces;
	converse(hear_then_close);
	end_is(FAIL_NONE, "");
	assert_string_equal(heard, "one two three");
	assert_int_equal(reads, 1);
	assert_int_equal(client.opened, 1);
}

static void
say_lines(struct peer_conn *pc, void *arg)
{
	(void)arg;
	PEER_SAY(pc, "abc");
	usleep(20000);
	PEER_SAY(pc, "def");
	usleep(20000);
	PEER_SAY(pc, "ghi");
}

static void
what_is_left_comes_again(void **state)
{
	(void)state;
	client.keep = 2;
	converse(say_lines);
	end_is(FAIL_NONE, "closed by the peer");
	assert_string_equal(buf_cstr(&client.got), "abcdefg");
	assert_string_equal(conn_tls_name(CONN_TLS_NONE), "none");
}

static void
echo(struct peer_conn *pc, void *arg)
{
	char bytes[65536];
	size_t n;

	(void)arg;
	while ((n = peer_hear(pc, bytes, sizeof(bytes))) > 0)
		if (!peer_say(pc, bytes, n))
			return;
}

#define BIG (8U << 20)

static char
big_at(size_t i)
{
	return (char)((i * 2654435761U) >> 24);
}

static void
say_big(struct client *c)
{
	struct buf chunk;
	size_t i, k;

	buf_init(&chunk, 4096);
	for (i = 0; i < BIG; i += 4096) {
		for (k = 0; k < 4096; k++)
			buf_char(&chunk, big_at(i + k));
		conn_write_buf(c->conn, &chunk);
		assert_int_equal(chunk.n, 0);
		assert_int_equal(chunk.max, 4096);
	}
	buf_release(&chunk);
	assert_int_equal(conn_pending(c->conn), BIG);
}

static void
drop_when_big_is_back(struct client *c)
{
	if (c->got.n == BIG)
		client_drop(c);
}

static void
much_comes_back_whole(void **state)
{
	size_t i;

	(void)state;
	client.on_open = say_big;
	client.on_data = drop_when_big_is_back;
	converse(echo);
	assert_int_equal(client.got.n, BIG);
	for (i = 0; i < BIG; i++)
		if (client.got.p[i] != big_at(i))
			fail_msg("byte %zu differs", i);
	assert_int_equal(client.drained, 1);
	assert_int_equal(client.closed, 0);
}

static void
refused(void **state)
{
	struct peer *p = peer_start(NULL, echo, NULL);
	int port = peer_port(p);
	char text[64];

	(void)state;
	peer_stop(p);
	peer_free(p);
	client_open(&client, &(struct conn_params){.port = port});
	assert_int_equal(client.closed, 0);
	client_run(&client);
	snprintf(text, sizeof(text), "connect 127.0.0.1:%d: refused", port);
	end_is(FAIL_IO, text);
	assert_int_equal(client.opened, 0);
}

static void
no_such_host(void **state)
{
	(void)state;
	client_open(&client,
	    &(struct conn_params){.host = "not a name", .port = 25});
	client_run(&client);
	end_is(FAIL_IO, "lookup not a name: ");
}

static void
connect_timeout(void **state)
{
	struct peer_hole hole;
	int64_t start = clock_mono_ms();

	(void)state;
	peer_hole_open(&hole);
	client_open(&client, &(struct conn_params){.port = hole.port,
				 .connect_timeout_ms = 150});
	client_run(&client);
	peer_hole_close(&hole);
	end_is(FAIL_TIMEOUT, "no answer");
	assert_in_range(clock_mono_ms() - start, 149, 2000);
}

static void
handshake_with_a_plain_peer(void **state)
{
	struct peer *p = peer_start(NULL, hear_then_close, NULL);

	(void)state;
	client_open(&client, &(struct conn_params){.port = peer_port(p),
				 .tls = CONN_TLS_IMPLICIT});
	client_run(&client);
	peer_stop(p);
	peer_free(p);
	end_is(FAIL_TLS, "the peer does not speak TLS");
	assert_int_equal(client.opened, 0);
}

/* TCP is up, but nobody ever answers the handshake. */
static void
say_nothing(struct peer_conn *pc, void *arg)
{
	(void)arg;
	hear_all(pc);
}

static void
silent_handshake(void **state)
{
	struct peer *p = peer_start(NULL, say_nothing, NULL);
	int64_t start = clock_mono_ms();

	(void)state;
	client_open(&client, &(struct conn_params){.port = peer_port(p),
				 .tls = CONN_TLS_IMPLICIT,
				 .connect_timeout_ms = 150});
	client_run(&client);
	peer_stop(p);
	peer_free(p);
	end_is(FAIL_TIMEOUT, "tls handshake 127.0.0.1:");
	assert_in_range(clock_mono_ms() - start, 149, 2000);
	assert_int_equal(client.opened, 0);
}

static void
close_at_once(struct peer_conn *pc, void *arg)
{
	(void)pc;
	(void)arg;
}

static void
peer_closes(void **state)
{
	(void)state;
	converse(close_at_once);
	end_is(FAIL_NONE, "closed by the peer");
}

static void
reset_after_a_word(struct peer_conn *pc, void *arg)
{
	(void)arg;
	PEER_SAY(pc, "hi");
	peer_reset(pc);
}

static void
peer_resets(void **state)
{
	(void)state;
	converse(reset_after_a_word);
	end_is(FAIL_IO, "reset by peer");
}

static void
write_for_ever(struct client *c)
{
	static char mib[1 << 20];
	int i;

	for (i = 0; i < 64; i++)
		conn_write(c->conn, (struct str){mib, sizeof(mib)});
	assert_int_equal(conn_pending(c->conn), CONN_WRITE_MAX);
	assert_int_equal(c->closed, 0);
	conn_write(c->conn, STR("y"));
	conn_write(c->conn, STR("z"));
	assert_int_equal(c->closed, 0); /* told later, never from inside */
}

static void
write_limit(void **state)
{
	(void)state;
	client.on_open = write_for_ever;
	converse(close_at_once);
	end_is(FAIL_LIMIT, "more than 67108864 bytes waiting to leave");
}

static void
say_without_end(struct peer_conn *pc, void *arg)
{
	static char mib[1 << 20];

	(void)arg;
	peer_say(pc, mib, sizeof(mib) - 1);
	usleep(50000);
	peer_say(pc, mib, 2);
	hear_all(pc);
}

static void
read_limit(void **state)
{
	(void)state;
	client.keep = SIZE_MAX;
	converse(say_without_end);
	end_is(FAIL_LIMIT, "more than 1048576 bytes without an end");
	assert_int_equal(client.got.n, 0);
}

static void
note_pressure(struct client *c)
{
	assert_int_equal(conn_pending(c->conn), 0);
	conn_shut(c->conn);
}

static char big_block[4U << 20];

static void
say_block(struct client *c)
{
	conn_write(c->conn, (struct str){big_block, sizeof(big_block)});
}

static size_t block_heard;

static void
hear_slowly(struct peer_conn *pc, void *arg)
{
	static char bytes[1 << 20];
	size_t n;

	(void)arg;
	usleep(50000);
	block_heard = 0;
	while ((n = peer_hear(pc, bytes, sizeof(bytes))) > 0)
		block_heard += n;
	PEER_SAY(pc, "late words");
}

/* on_drained comes when the kernel has all; conn_shut loses nothing. */
static void
back_pressure_and_shut(void **state)
{
	(void)state;
	client.on_open = say_block;
	client.on_drained = note_pressure;
	converse(hear_slowly);
	end_is(FAIL_NONE, "");
	assert_int_equal(client.drained, 1);
	assert_int_equal(block_heard, sizeof(big_block));
	assert_int_equal(client.got.n, 0); /* nothing is read after conn_shut */
}

static void
shut_with_all_unsent(struct client *c)
{
	say_block(c);
	conn_shut(c->conn);
	conn_shut(c->conn);
}

static void
shut_flushes(void **state)
{
	(void)state;
	client.on_open = shut_with_all_unsent;
	converse(hear_slowly);
	end_is(FAIL_NONE, "");
	assert_int_equal(client.drained, 0);
	assert_int_equal(block_heard, sizeof(big_block));
}

static void
shut_before_open(void **state)
{
	struct peer_hole hole;

	(void)state;
	peer_hole_open(&hole);
	client_open(&client, &(struct conn_params){.port = hole.port});
	conn_write(client.conn, STR("never"));
	conn_shut(client.conn);
	assert_int_equal(client.closed, 0);
	client_run(&client);
	peer_hole_close(&hole);
	end_is(FAIL_NONE, "closed before it was open");
}

static void
early_words_wait(void **state)
{
	struct peer *p = peer_start(NULL, hear_then_close, NULL);

	(void)state;
	client_open(&client, &(struct conn_params){.port = peer_port(p)});
	client_say(&client, "early");
	client.on_drained = note_pressure;
	client_run(&client);
	peer_stop(p);
	peer_free(p);
	end_is(FAIL_NONE, "");
	assert_string_equal(heard, "early");
}

static void
say_some(struct client *c)
{
	client_say(c, "some");
}

static void
quick(struct peer_conn *pc, void *arg)
{
	(void)arg;
	PEER_SAY(pc, "greeting");
	usleep(1000);
}

/* The memory is gone and nothing comes after it: ASan tells otherwise. */
static void
freed_in_each_callback(void **state)
{
	static const struct {
		const char *label;
		bool open, data, drained, closed;
	} rows[] = {
	    {.label = "on_open", .open = true},
	    {.label = "on_data", .data = true},
	    {.label = "on_drained", .drained = true},
	    {.label = "on_closed", .closed = true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("row: %s\n", rows[i].label);
		setup(NULL);
		client.on_open = rows[i].open ? client_drop : say_some;
		client.on_data = rows[i].data ? client_drop : NULL;
		client.on_drained = rows[i].drained ? client_drop : NULL;
		client.on_closed = rows[i].closed ? client_drop : NULL;
		converse(quick);
		assert_null(client.conn);
		assert_int_equal(client.closed, rows[i].closed);
		client_release(&client);
	}
}

/* A limit of the system, while connecting and then. */
static void
cannot_be_watched(void **state)
{
	int k;

	for (k = 1; k <= 2; k++) {
		setup(state);
		fail_at = k;
		converse(hear_then_close);
		end_is(FAIL_IO, strerror(ENOSPC));
		assert_int_equal(client.opened, 0);
		teardown(state);
	}
	setup(state);
}

static void
freed_at_each_stage(void **state)
{
	struct peer_hole hole;

	(void)state;
	peer_hole_open(&hole);
	client_open(&client, &(struct conn_params){.port = hole.port});
	client_drop(&client); /* before the lookup was answered */
	client_open(&client, &(struct conn_params){.port = hole.port});
	client_say(&client, "x");
	client_drop(&client);
	client_run(&client);
	assert_int_equal(client.closed, 0);
	conn_free(NULL);
	peer_hole_close(&hole);
}

static void
describes_itself(void **state)
{
	(void)state;
	client_open(&client, &(struct conn_params){.host = "::1", .port = 9});
	assert_string_equal(conn_describe(client.conn), "[::1]:9");
	assert_string_equal(conn_tls_describe(client.conn), "");
	assert_false(conn_is_tls(client.conn));
	client_run(&client);
	assert_int_equal(client.end.kind, FAIL_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    T(names),
	    T(writes_are_gathered),
	    T(what_is_left_comes_again),
	    T(much_comes_back_whole),
	    T(refused),
	    T(no_such_host),
	    T(connect_timeout),
	    T(handshake_with_a_plain_peer),
	    T(silent_handshake),
	    T(peer_closes),
	    T(peer_resets),
	    T(write_limit),
	    T(read_limit),
	    T(back_pressure_and_shut),
	    T(shut_flushes),
	    T(shut_before_open),
	    T(early_words_wait),
	    T(freed_in_each_callback),
	    T(freed_at_each_stage),
	    T(cannot_be_watched),
	    T(describes_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
