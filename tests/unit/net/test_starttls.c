/*
 * Goal (S-041, X-002): nothing that a peer says in the clear after it was
 * asked for TLS is ever used, and nothing that waits for TLS leaves without.
 */
#include "lib/net/conn.h"

#include "tests/support/certs.h"
#include "tests/support/client.h"
#include "tests/support/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ALERT "\x15\x03\x03\x00\x02\x02\x28" /* fatal, handshake_failure */

struct play {
	const char *label;
	const char *greeting; /* what the peer says first */
	const char *answer;   /* to STARTTLS */
	struct str later;     /* once the client's handshake has begun */
	const char *cert;     /* for the handshake; NULL: it makes none */
	unsigned nap_us;      /* the client waits before conn_starttls */
	enum fail kind;
	const char *text;
};

static struct client client;
static const struct play *playing;
static char clear[4096]; /* what the peer heard in the clear */
static char secret[64];  /* what it heard under TLS */
static char under_tls[64];

static void
hear_clear(struct peer_conn *pc)
{
	size_t n, at = strlen(clear);
	char bytes[1024];

	while ((n = peer_hear(pc, bytes, sizeof(bytes))) > 0)
		if (bytes[0] != '\x16' && n + at < sizeof(clear)) {
			memcpy(clear + at, bytes, n);
			at += n;
		}
}

static void
say(struct peer_conn *pc, const char *text)
{
	if (text != NULL)
		peer_say(pc, text, strlen(text));
}

static void
serve(struct peer_conn *pc, void *arg)
{
	const struct play *play = arg;
	char hello[2048];

	say(pc, play->greeting);
	if (play->answer != NULL)
		peer_line(pc, clear, sizeof(clear));
	say(pc, play->answer);
	if (play->later.n > 0 && peer_hear(pc, hello, sizeof(hello)) > 0)
		peer_say(pc, play->later.p, play->later.n);
	if (play->cert == NULL) {
		hear_clear(pc);
		return;
	}
	if (peer_tls(pc) && peer_line(pc, secret, sizeof(secret)))
		PEER_SAY(pc, "250 under tls\r\n");
}

/* 220 to the greeting, 220 to STARTTLS, then a secret that must not leave
 * but under TLS. */
static void
on_line(struct client *c)
{
	static int greeted;

	if (c->opened == 1 && str_eq(buf_view(&c->got), STR("220 hi\r\n"))) {
		greeted = 1;
		client_say(c, "STARTTLS\r\n");
	} else if (c->opened == 1 && greeted == 1) {
		greeted = 2;
		usleep(playing->nap_us);
		conn_starttls(c->conn);
		client_say(c, "AUTH secret\r\n");
		c->halt = true;
	} else {
		snprintf(under_tls, sizeof(under_tls), "%s", buf_cstr(&c->got));
		conn_shut(c->conn);
	}
}

static void
on_open(struct client *c)
{
	c->halt = false;
}

static void
run(const struct play *play)
{
	static struct play copy;
	const char *cert = play->cert != NULL ? play->cert : "good";
	struct peer *p;

	copy = *play;
	playing = play;
	print_message("row: %s\n", play->label);
	memset(clear, 0, sizeof(clear));
	memset(secret, 0, sizeof(secret));
	memset(under_tls, 0, sizeof(under_tls));
	client = (struct client){.on_data = on_line,
	    .on_open = on_open,
	    .by_line = true};
	p = peer_start(&(struct peer_tls){.cert = cert}, serve, &copy);
	client_open(&client, &(struct conn_params){.host = "localhost",
				 .port = peer_port(p),
				 .tls = CONN_TLS_STARTTLS,
				 .ca_file = certs_pem("ca")});
	client_run(&client);
	client_release(&client);
	peer_stop(p);
	peer_free(p);
	assert_int_equal(client.closed, 1);
	if (client.end.kind != play->kind ||
	    strstr(client.end.text, play->text) == NULL)
		fail_msg("%s: %s", fail_name(client.end.kind), client.end.text);
}

static void
upgrades(void **state)
{
	(void)state;
	run(&(struct play){.label = "as it should be",
	    .greeting = "220 hi\r\n",
	    .answer = "220 go\r\n",
	    .cert = "good",
	    .text = "closed by the peer"});
	assert_int_equal(client.opened, 2);
	assert_string_equal(clear, "STARTTLS\r\n");
	assert_string_equal(secret, "AUTH secret\r\n");
	assert_string_equal(under_tls, "250 under tls\r\n");
}

static const struct play attacks[] = {
    {.label = "a line in the same segment",
	.greeting = "220 hi\r\n",
	.answer = "220 go\r\n250-evil\r\n",
	.cert = "good",
	.kind = FAIL_TLS,
	.text = "bytes from the peer before the handshake"},
    {.label = "one byte in the same segment",
	.greeting = "220 hi\r\n",
	.answer = "220 go\r\n\n",
	.cert = "good",
	.kind = FAIL_TLS,
	.text = "bytes from the peer before the handshake"},
    {.label = "half a line in the same segment",
	.greeting = "220 hi\r\n",
	.answer = "220 go\r\n250",
	.cert = "good",
	.kind = FAIL_TLS,
	.text = "bytes from the peer before the handshake"},
    {.label = "the answer with the greeting",
	.greeting = "220 hi\r\n220 go\r\n",
	.kind = FAIL_TLS,
	.text = "answered before it was asked"},
    {.label = "the answer and more with the greeting",
	.greeting = "220 hi\r\n220 go\r\n250 evil\r\n",
	.kind = FAIL_TLS,
	.text = "answered before it was asked"},
    {.label = "clear text instead of a handshake",
	.greeting = "220 hi\r\n",
	.answer = "220 go\r\n",
	.later = {"250 evil\r\n", 10},
	.kind = FAIL_TLS,
	.text = "does not speak TLS"},
    {.label = "an alert instead of a handshake",
	.greeting = "220 hi\r\n",
	.answer = "220 go\r\n",
	.later = {ALERT, 7},
	.kind = FAIL_TLS,
	.text = "handshake failure"},
    {.label = "the certificate of another host",
	.greeting = "220 hi\r\n",
	.answer = "220 go\r\n",
	.cert = "other",
	.kind = FAIL_TLS,
	.text = "hostname mismatch"},
};

static void
attacked(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(attacks); i++) {
		run(&attacks[i]);
		assert_int_equal(client.opened, 1);
		assert_null(strstr(clear, "secret"));
		assert_string_equal(secret, "");
		assert_string_equal(under_tls, "");
	}
}

static void
serve_late(struct peer_conn *pc, void *arg)
{
	(void)arg;
	PEER_SAY(pc, "220 hi\r\n");
	peer_line(pc, clear, sizeof(clear));
	PEER_SAY(pc, "220 go\r\n");
	usleep(30000);
	PEER_SAY(pc, "250 evil\r\n");
	hear_clear(pc);
}

/* In the kernel's buffer already, but not yet in ours. */
static void
attacked_in_the_next_segment(void **state)
{
	static const struct play slow = {.nap_us = 100000};
	struct peer *p = peer_start(NULL, serve_late, NULL);

	(void)state;
	playing = &slow;
	memset(clear, 0, sizeof(clear));
	client = (struct client){.on_data = on_line,
	    .on_open = on_open,
	    .by_line = true};
	client_open(&client, &(struct conn_params){.port = peer_port(p),
				 .tls = CONN_TLS_STARTTLS});
	client_run(&client);
	client_release(&client);
	peer_stop(p);
	peer_free(p);
	assert_int_equal(client.end.kind, FAIL_TLS);
	assert_non_null(strstr(client.end.text, "before the handshake"));
	assert_string_equal(clear, "STARTTLS\r\n");
}

static void
serve_silent(struct peer_conn *pc, void *arg)
{
	(void)arg;
	PEER_SAY(pc, "220 hi\r\n");
	peer_line(pc, clear, sizeof(clear));
	PEER_SAY(pc, "220 go\r\n");
	hear_clear(pc);
}

/* The time for the handshake starts anew, and ends. */
static void
silent_after_starttls(void **state)
{
	static const struct play quick = {.nap_us = 0};
	struct peer *p = peer_start(NULL, serve_silent, NULL);

	(void)state;
	playing = &quick;
	memset(clear, 0, sizeof(clear));
	client = (struct client){.on_data = on_line,
	    .on_open = on_open,
	    .by_line = true};
	client_open(&client, &(struct conn_params){.port = peer_port(p),
				 .tls = CONN_TLS_STARTTLS,
				 .connect_timeout_ms = 200});
	client_run(&client);
	client_release(&client);
	peer_stop(p);
	peer_free(p);
	assert_int_equal(client.end.kind, FAIL_TIMEOUT);
	assert_string_equal(clear, "STARTTLS\r\n");
}

static int
make_certs(void **state)
{
	(void)state;
	certs_basic();
	certs_make(&(struct cert_spec){.name = "other",
	    .issuer = "ca",
	    .cn = "localhost",
	    .san = "DNS:mx.other.test"});
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(upgrades),
	    cmocka_unit_test(attacked),
	    cmocka_unit_test(attacked_in_the_next_segment),
	    cmocka_unit_test(silent_after_starttls),
	};

	return cmocka_run_group_tests(tests, make_certs, NULL);
}
