/* Goal: the link against servers that fall silent, lie, or are not who they say. */
#include "tests/support/imap_owner.h"

#include "tests/support/certs.h"
#include "tests/support/peer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define USER "bounces@example.test"

struct fake {
	const char *capability;
	const char *mute;   /* a command that is never answered */
	const char *answer; /* to a search */
	char heard[4096];
};

static struct fake *
fake_hears(struct fake *f, const char *line)
{
	size_t n = strlen(f->heard);

	snprintf(f->heard + n, sizeof(f->heard) - n, "%s", line);
	return f;
}

static void
fake_answer(struct peer_conn *pc, struct fake *f, const char *line)
{
	char tag[64], out[512];
	const char *verb = strchr(line, ' ');

	snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(line, " \r\n"), line);
	verb = verb != NULL ? verb + 1 : "";
	if (f->mute != NULL && strncmp(line, f->mute, strlen(f->mute)) == 0)
		return;
	if (f->mute != NULL && strncmp(verb, f->mute, strlen(f->mute)) == 0)
		return;
	if (strncmp(verb, "IDLE", 4) == 0) {
		PEER_SAY(pc, "+ idling\r\n");
		return;
	}
	if (strncmp(verb, "EXAMINE", 7) == 0)
		PEER_SAY(pc, "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n");
	if (strncmp(verb, "UID SEARCH", 10) == 0)
		peer_say(pc, f->answer, strlen(f->answer));
	snprintf(out, sizeof(out), "%s OK [CAPABILITY %s] done\r\n", tag,
	    f->capability);
	peer_say(pc, out, strlen(out));
}

static void
fake_serve(struct peer_conn *pc, void *arg)
{
	struct fake *f = arg;
	char line[1024];

	if (f->mute == NULL || *f->mute != '*')
		PEER_SAY(pc, "* OK hi\r\n");
	while (peer_line(pc, line, sizeof(line)))
		fake_answer(pc, fake_hears(f, line), line);
}

static struct imap_link_params
at_peer(struct peer *p)
{
	return (struct imap_link_params){.access = {.host = "127.0.0.1",
					     .port = peer_port(p),
					     .tls = CONN_TLS_NONE,
					     .username = USER,
					     .password = "secret"},
	    .timeout_s = 1};
}

static void
drop(struct imap_owner *o, struct peer *p)
{
	imap_link_free(o->link);
	o->link = NULL;
	peer_stop(p);
	peer_free(p);
}

static void
test_silence(void **state)
{
	static const struct {
		const char *mute, *words;
	} rows[] = {
	    {"*", "waiting for the greeting"},
	    {"CAPABILITY", "asking for capabilities"},
	    {"LOGIN", "logging in"},
	    {"EXAMINE", "opening the folder"},
	};
	struct imap_owner *o = *state;
	struct imap_link_params params;
	struct peer *p;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct fake f = {.capability = "IMAP4rev1",
		    .mute = rows[i].mute,
		    .answer = "* SEARCH\r\n"};

		if (i == 1)
			f.capability = "X";
		p = peer_start(NULL, fake_serve, &f);
		params = at_peer(p);
		imap_owner_open(o, &params);
		imap_owner_expect(o, &o->closed, rows[i].words);
		assert_int_equal(o->end.kind, FAIL_TIMEOUT);
		if (strstr(o->end.text, rows[i].words) == NULL)
			fail_msg("%s", o->end.text);
		drop(o, p);
	}
}

/* A half-open connection shows at the next renewal. */
static void
test_silence_after_idle(void **state)
{
	struct fake f = {.capability = "IMAP4rev1 IDLE",
	    .mute = "DONE",
	    .answer = "* SEARCH\r\n"};
	struct peer *p = peer_start(NULL, fake_serve, &f);
	struct imap_link_params params = at_peer(p);
	struct imap_owner *o = *state;

	params.idle_s = 1;
	imap_owner_open_ready(o, &params);
	imap_link_wait(o->link);
	imap_owner_expect(o, &o->closed, "closed");
	assert_int_equal(o->end.kind, FAIL_TIMEOUT);
	drop(o, p);
}

static void
test_polls_without_idle(void **state)
{
	struct fake f = {.capability = "IMAP4rev1", .answer = "* SEARCH 7\r\n"};
	struct peer *p = peer_start(NULL, fake_serve, &f);
	struct imap_link_params params = at_peer(p);
	struct imap_owner *o = *state;

	params.poll_s = 1;
	imap_owner_open_ready(o, &params);
	assert_false(imap_link_idles(o->link));
	imap_link_wait(o->link);
	assert_true(imap_owner_run(o, &o->news, 3000));
	imap_owner_search(o, 3);
	assert_true(imap_set_has(&o->uids, 7));
	drop(o, p);
	assert_null(strstr(f.heard, "IDLE"));
}

/* IDLE that keeps quiet about mail is not relied upon. */
static void
test_idle_that_lies(void **state)
{
	struct fake f = {.capability = "IMAP4rev1 IDLE",
	    .answer = "* SEARCH 7\r\n"};
	struct peer *p = peer_start(NULL, fake_serve, &f);
	struct imap_link_params params = at_peer(p);
	struct imap_owner *o = *state;
	int i;

	params.poll_s = 1;
	params.check_s = 600;
	imap_owner_open_ready(o, &params);
	for (i = 0; i < 3; i++)
		imap_owner_search(o, 1);
	imap_link_wait(o->link);
	assert_true(imap_owner_run(o, &o->news, 3000));
	drop(o, p);
}

static void
serve_throttled(struct peer_conn *pc, void *arg)
{
	(void)arg;
	PEER_SAY(pc,
	    "* BYE Request is throttled. Suggested Backoff Time: 299961 "
	    "milliseconds\r\n");
}

static void
test_throttled(void **state)
{
	struct peer *p = peer_start(NULL, serve_throttled, NULL);
	struct imap_link_params params = at_peer(p);
	struct imap_owner *o = *state;

	imap_owner_open(o, &params);
	imap_owner_expect(o, &o->closed, "closed");
	assert_int_equal(o->end.kind, FAIL_BUSY);
	assert_int_equal(o->backoff_ms, 299961);
	drop(o, p);
}

static void
serve_end(struct peer_conn *pc, void *arg)
{
	(void)arg;
	PEER_SAY(pc, "* OK hi\r\n");
}

static void
test_closed_by_the_server(void **state)
{
	struct peer *p = peer_start(NULL, serve_end, NULL);
	struct imap_link_params params = at_peer(p);
	struct imap_owner *o = *state;

	imap_owner_open(o, &params);
	imap_owner_expect(o, &o->closed, "closed");
	assert_int_equal(o->end.kind, FAIL_IO);
	assert_int_equal(o->backoff_ms, -1);
	drop(o, p);
	imap_owner_open(o, &params); /* nobody listens there now */
	imap_owner_expect(o, &o->closed, "refused");
	assert_int_equal(o->end.kind, FAIL_IO);
}

/* With a certificate of somebody else nothing is said. */
struct spy {
	bool accepted;
	size_t heard;
};

static void
serve_spy(struct peer_conn *pc, void *arg)
{
	struct spy *spy = arg;
	char line[256];

	spy->accepted = peer_tls(pc);
	if (!spy->accepted)
		return;
	PEER_SAY(pc, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n");
	spy->heard = peer_hear(pc, line, sizeof(line));
}

static void
test_bad_certificates_hear_nothing(void **state)
{
	static const struct cert_spec specs[] = {
	    {.name = "self", .cn = "127.0.0.1", .san = "IP:127.0.0.1"},
	    {.name = "other",
		.issuer = "ca",
		.cn = "other",
		.san = "DNS:other.test"},
	    {.name = "old",
		.issuer = "ca",
		.cn = "127.0.0.1",
		.san = "IP:127.0.0.1",
		.from_s = -7200,
		.to_s = -3600},
	};
	struct imap_owner *o = *state;
	struct imap_link_params params;
	struct peer *p;
	size_t i;

	certs_basic();
	for (i = 0; i < ARRAY_LEN(specs); i++) {
		struct spy spy = {false, 0};

		certs_make(&specs[i]);
		p = peer_start(&(struct peer_tls){.cert = specs[i].name},
		    serve_spy, &spy);
		params = at_peer(p);
		params.access.tls = CONN_TLS_IMPLICIT;
		params.access.ca_file = certs_pem("ca");
		imap_owner_open(o, &params);
		imap_owner_expect(o, &o->closed, specs[i].name);
		assert_int_equal(o->end.kind, FAIL_TLS);
		drop(o, p);
		assert_int_equal(spy.heard, 0);
	}
}

static void
test_plain_only_to_loopback(void **state)
{
	static const char *const hosts[] = {"192.0.2.1", "imap.example.test",
	    "127.0.0.1.example.test", "2001:db8::1"};
	struct imap_owner *o = *state;
	struct imap_link_params params = {.access = {.port = 143,
					      .tls = CONN_TLS_NONE,
					      .username = USER,
					      .password = "secret"}};
	size_t i;

	for (i = 0; i < ARRAY_LEN(hosts); i++) {
		params.access.host = hosts[i];
		imap_owner_open(o, &params);
		imap_owner_expect(o, &o->closed, hosts[i]);
		assert_int_equal(o->end.kind, FAIL_INPUT);
		imap_link_free(o->link);
		o->link = NULL;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IMAP_OWNER_TEST(test_silence),
	    IMAP_OWNER_TEST(test_silence_after_idle),
	    IMAP_OWNER_TEST(test_polls_without_idle),
	    IMAP_OWNER_TEST(test_idle_that_lies),
	    IMAP_OWNER_TEST(test_throttled),
	    IMAP_OWNER_TEST(test_closed_by_the_server),
	    IMAP_OWNER_TEST(test_bad_certificates_hear_nothing),
	    IMAP_OWNER_TEST(test_plain_only_to_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
