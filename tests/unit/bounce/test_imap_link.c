/*
 * Goal: the link against a real server (Dovecot, skipped when there is
 * none), and against servers that fall silent or lie.
 */
#include "bounce/imap_link.h"

#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "tests/support/certs.h"
#include "tests/support/mail_stack.h"
#include "tests/support/peer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define USER    "bounces@example.test"
#define WAIT_MS 10000
#define FILL    120 /* messages */
#define GONE    40  /* of them, expunged after the search */

/* The owner of a link: what it was told. */
struct owner {
	struct loop *loop;
	struct loop_timer *alarm;
	struct imap_link *link;
	int ready, found, headers, bodies, folders, news, done, closed;
	struct imap_mailbox mailbox;
	struct imap_set uids;
	uint32_t last_uid;
	uint64_t last_size;
	struct buf bytes; /* of the last message */
	struct buf names; /* of the folders */
	struct err end, answer;
	int64_t backoff_ms;
	bool rang, free_at_once;
	int *until; /* the loop stops when it is no longer 0 */
};

static void
told(struct owner *o, int *count)
{
	++*count;
	if (o->free_at_once) {
		imap_link_free(o->link);
		o->link = NULL;
	}
	if (o->until == count || o->closed > 0)
		loop_stop(o->loop);
}

static void
on_ready(const struct imap_mailbox *mailbox, void *arg)
{
	struct owner *o = arg;

	o->mailbox = *mailbox;
	told(o, &o->ready);
}

static void
on_found(struct imap_set *found, void *arg)
{
	struct owner *o = arg;

	imap_set_take(found, UINT64_MAX, &o->uids);
	told(o, &o->found);
}

static void
keep(struct owner *o, const struct imap_message *m)
{
	o->last_uid = m->uid;
	o->last_size = m->size;
	assert_true(m->internal_us > 0);
	buf_reset(&o->bytes);
	buf_str(&o->bytes, m->bytes);
}

static void
on_header(const struct imap_message *m, void *arg)
{
	struct owner *o = arg;

	assert_false(m->is_body);
	keep(o, m);
	told(o, &o->headers);
}

static void
on_body(const struct imap_message *m, void *arg)
{
	struct owner *o = arg;

	assert_true(m->is_body);
	keep(o, m);
	told(o, &o->bodies);
}

static void
on_folder(const struct imap_folder *f, void *arg)
{
	struct owner *o = arg;

	buf_printf(&o->names, "%.*s%s,", STR_ARG(f->name),
	    f->use & IMAP_FOLDER_JUNK ? " (junk)" : "");
	told(o, &o->folders);
}

static void
on_new(void *arg)
{
	struct owner *o = arg;

	told(o, &o->news);
}

static void
on_done(const struct err *err, void *arg)
{
	struct owner *o = arg;

	o->answer = *err;
	told(o, &o->done);
}

static void
on_closed(const struct err *err, int64_t backoff_ms, void *arg)
{
	struct owner *o = arg;

	o->end = *err;
	o->backoff_ms = backoff_ms;
	told(o, &o->closed);
}

static const struct imap_link_events events = {
    .on_ready = on_ready,
    .on_found = on_found,
    .on_header = on_header,
    .on_body = on_body,
    .on_folder = on_folder,
    .on_new = on_new,
    .on_done = on_done,
    .on_closed = on_closed,
};

static void
on_alarm(void *arg)
{
	struct owner *o = arg;

	o->rang = true;
	loop_stop(o->loop);
}

static int
setup(void **state)
{
	static struct owner o;

	o = (struct owner){.loop = loop_new()};
	o.alarm = loop_timer_new(o.loop, on_alarm, &o);
	imap_set_init(&o.uids);
	buf_init(&o.bytes, 1U << 20);
	buf_init(&o.names, 4096);
	*state = &o;
	return 0;
}

static int
teardown(void **state)
{
	struct owner *o = *state;

	imap_link_free(o->link);
	loop_timer_free(o->alarm);
	loop_free(o->loop);
	imap_set_release(&o->uids);
	buf_release(&o->bytes);
	buf_release(&o->names);
	return 0;
}

/* Runs until the count grows (or the link closes); false after ms. */
static bool
run(struct owner *o, int *until, int64_t ms)
{
	int before = *until;

	o->until = until;
	o->rang = false;
	loop_timer_start(o->alarm, ms);
	loop_run(o->loop);
	loop_timer_stop(o->alarm);
	return *until > before;
}

static void
expect(struct owner *o, int *until, const char *what)
{
	if (!run(o, until, WAIT_MS))
		fail_msg("%s: not told; closed: %s", what, o->end.text);
}

static struct imap_link_params
dovecot(void)
{
	if (!mail_stack_start()) {
		print_message("skipped: no Postfix and Dovecot here\n");
		skip();
	}
	return (struct imap_link_params){.host = "127.0.0.1",
	    .port = mail_stack_port(993),
	    .tls = CONN_TLS_IMPLICIT,
	    .ca_file = mail_stack_ca(),
	    .username = USER,
	    .password = MAIL_STACK_PASSWORD,
	    .version = "test"};
}

static void
open_link(struct owner *o, const struct imap_link_params *params)
{
	o->link = imap_link_new(o->loop, params, &events, o);
}

static void
open_ready(struct owner *o, const struct imap_link_params *params)
{
	open_link(o, params);
	expect(o, &o->ready, "ready");
}

static void
search(struct owner *o, uint32_t from)
{
	imap_link_search(o->link, from, 0);
	expect(o, &o->done, "search");
	assert_int_equal(o->answer.kind, FAIL_NONE);
}

static void
send_mail(const char *subject)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "From: Ann <ann@example.test>\nTo: <" USER ">\nSubject: %s\n\n"
	    ".hello\n",
	    subject);
	mail_stack_deliver("ann@example.test", USER, text);
}

/* Waits for the next message by IDLE; its UID. */
static uint32_t
send_and_notice(struct owner *o, const char *subject, int64_t within_ms)
{
	uint32_t from;

	search(o, 1);
	from = imap_set_max(&o->uids) + 1;
	imap_link_wait(o->link);
	send_mail(subject);
	if (!run(o, &o->news, within_ms))
		fail_msg("%s: not noticed within %lld ms", subject,
		    (long long)within_ms);
	search(o, from);
	assert_int_equal(imap_set_size(&o->uids), 1);
	return imap_set_max(&o->uids);
}

static void
test_delivered_noticed_fetched(void **state)
{
	struct owner *o = *state;
	struct imap_link_params params = dovecot();
	struct imap_set one;
	uint32_t uid;

	open_ready(o, &params);
	assert_true(o->mailbox.uidvalidity > 0 && o->mailbox.uidnext > 0);
	assert_true(imap_link_idles(o->link));
	assert_true(str_starts(str_of(imap_link_tls(o->link)), STR("TLS")));
	uid = send_and_notice(o, "first", 2000);
	imap_set_init(&one);
	assert_true(imap_set_add(&one, uid, uid));
	imap_link_headers(o->link, &one);
	expect(o, &o->done, "headers");
	assert_int_equal(o->headers, 1);
	assert_int_equal(o->last_uid, uid);
	assert_true(str_find(buf_view(&o->bytes), STR("Subject: first\r\n")) !=
		    STR_NOWHERE);
	assert_true(str_ends(buf_view(&o->bytes), STR("\r\n\r\n")));
	imap_link_body(o->link, uid);
	expect(o, &o->done, "body");
	assert_int_equal(o->last_size, o->bytes.n);
	assert_true(str_ends(buf_view(&o->bytes), STR("\r\n\r\n.hello\r\n")));
	assert_true(imap_link_bytes(o->link) > o->last_size);
	/* nothing of it shows in the mailbox. */
	assert_string_equal(mail_stack_doveadm("fetch -u " USER
					       " flags mailbox INBOX uid %u",
				uid),
	    "flags: \\Recent");
	imap_link_logout(o->link);
	expect(o, &o->closed, "logout");
	assert_int_equal(o->end.kind, FAIL_NONE);
	imap_set_release(&one);
}

static void
test_starttls(void **state)
{
	struct owner *o = *state;
	struct imap_link_params params = dovecot();

	params.port = mail_stack_port(143);
	params.tls = CONN_TLS_STARTTLS;
	open_ready(o, &params);
	assert_true(str_starts(str_of(imap_link_tls(o->link)), STR("TLS")));
	search(o, 1);
}

/* A JWT (RFC 7519) as tests/mail-stack accepts it. */
static const char *
make_jwt(const char *user)
{
	static char token[512];
	const struct str key = STR("mailstack-jwt-secret");
	unsigned char mac[SHA256_SIZE];
	long long now = clock_wall_us() / 1000000;
	struct buf claims, jwt;
	char *c;

	buf_init(&claims, 512);
	buf_init(&jwt, 512);
	base64_encode(&jwt,
	    STR("{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"default\"}   "));
	buf_printf(&claims,
	    "{\"email\":\"%s\",\"sub\":\"%s\",\"iat\":%lld,\"nbf\":%lld,"
	    "\"exp\":%lld}",
	    user, user, now - 5, now - 5, now + 600);
	while (claims.n % 3 != 0)
		buf_char(&claims, ' ');
	buf_char(&jwt, '.');
	base64_encode(&jwt, buf_view(&claims));
	for (c = jwt.p; *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	hmac_sha256(mac, key, buf_view(&jwt));
	buf_char(&jwt, '.');
	base64_encode(&jwt, (struct str){(const char *)mac, sizeof(mac)});
	for (c = jwt.p; *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	while (jwt.p[jwt.n - 1] == '=')
		buf_truncate(&jwt, jwt.n - 1);
	snprintf(token, sizeof(token), "%s", buf_cstr(&jwt));
	buf_release(&claims);
	buf_release(&jwt);
	return token;
}

static void
test_mechanisms(void **state)
{
	static const enum sasl_mechanism mechanisms[] = {SASL_AUTO, SASL_PLAIN,
	    SASL_LOGIN, SASL_SCRAM_SHA_256, SASL_XOAUTH2, SASL_OAUTHBEARER};
	struct owner *o = *state;
	struct imap_link_params params = dovecot();
	size_t i;

	for (i = 0; i < ARRAY_LEN(mechanisms); i++) {
		params.auth = mechanisms[i];
		params.password = mechanisms[i] >= SASL_XOAUTH2
				      ? make_jwt(USER)
				      : MAIL_STACK_PASSWORD;
		open_link(o, &params);
		expect(o, &o->ready, sasl_name(mechanisms[i]));
		imap_link_free(o->link);
		o->link = NULL;
	}
}

static void
test_wrong_password(void **state)
{
	static const enum sasl_mechanism mechanisms[] = {SASL_AUTO, SASL_PLAIN,
	    SASL_LOGIN, SASL_XOAUTH2};
	struct owner *o = *state;
	struct imap_link_params params = dovecot();
	size_t i;

	params.password = "wrong";
	for (i = 0; i < ARRAY_LEN(mechanisms); i++) {
		params.auth = mechanisms[i];
		open_link(o, &params);
		expect(o, &o->closed, sasl_name(mechanisms[i]));
		if (o->end.kind != FAIL_AUTH)
			fail_msg("%s: %s", sasl_name(mechanisms[i]),
			    o->end.text);
		imap_link_free(o->link);
		o->link = NULL;
	}
	assert_int_equal(o->ready, 0);
}

static void
test_wrong_ca(void **state)
{
	struct owner *o = *state;
	struct imap_link_params params = dovecot();

	certs_basic();
	params.ca_file = certs_pem("ca");
	open_link(o, &params);
	expect(o, &o->closed, "closed");
	assert_int_equal(o->end.kind, FAIL_TLS);
	assert_int_equal(o->ready, 0);
}

static void
test_missing_folder(void **state)
{
	struct owner *o = *state;
	struct imap_link_params params = dovecot();

	params.folder = "Nowhere/\xc3\x84";
	open_link(o, &params);
	expect(o, &o->closed, "closed");
	assert_int_equal(o->end.kind, FAIL_MISSING);
}

static void
test_folders_and_select(void **state)
{
	struct owner *o = *state;
	struct imap_link_params params = dovecot();
	uint32_t inbox;

	mail_stack_doveadm(
	    "mailbox create -u " USER " 'Unerw\xc3\xbcnscht & \"x\"'");
	open_ready(o, &params);
	inbox = o->mailbox.uidvalidity;
	imap_link_select(o->link, "Unerw\xc3\xbcnscht & \"x\"");
	expect(o, &o->ready, "select");
	assert_int_not_equal(o->mailbox.uidvalidity, inbox);
	assert_int_equal(o->mailbox.exists, 0);
	search(o, 1);
	assert_int_equal(o->uids.count, 0);
	imap_link_select(o->link, "Nowhere");
	expect(o, &o->done, "select of a folder that is not there");
	assert_int_equal(o->answer.kind, FAIL_MISSING);
	imap_link_select(o->link, "a\r\nb");
	expect(o, &o->done, "select of two lines");
	assert_int_equal(o->answer.kind, FAIL_INPUT);
	imap_link_folders(o->link);
	expect(o, &o->done, "folders");
	imap_link_select(o->link, "INBOX");
	expect(o, &o->ready, "select again");
	assert_int_equal(o->mailbox.uidvalidity, inbox);
}

static void
fill(struct owner *o)
{
	int i;

	for (i = 0; i < FILL; i++)
		mail_stack_deliver("ann@example.test", "alice@example.test",
		    "Subject: one of many\n\nhello\n");
	for (search(o, 1); imap_set_size(&o->uids) < FILL; search(o, 1)) {
		imap_link_wait(o->link);
		expect(o, &o->news, "all delivered");
	}
}

/* Batches of a large result; some are expunged after the search. */
static void
test_batches_and_expunged(void **state)
{
	struct owner *o = *state;
	struct imap_link_params params = dovecot();
	struct imap_set all, batch;

	params.username = "alice@example.test";
	open_ready(o, &params);
	fill(o);
	imap_set_init(&all);
	imap_set_init(&batch);
	imap_set_take(&o->uids, UINT64_MAX, &all);
	mail_stack_doveadm("expunge -u alice@example.test mailbox INBOX uid "
			   "%u:%u",
	    all.at[0].first + 10, all.at[0].first + 10 + GONE - 1);
	while (imap_set_take(&all, 25, &batch)) {
		imap_link_headers(o->link, &batch);
		expect(o, &o->done, "batch");
		assert_int_equal(o->answer.kind, FAIL_NONE);
	}
	assert_int_equal(o->headers, FILL - GONE);
	imap_set_release(&all);
	imap_set_release(&batch);
}

/* IDLE is renewed again and again, and goes on telling. */
static void
test_idle_renewed(void **state)
{
	struct owner *o = *state;
	struct imap_link_params params = dovecot();

	params.idle_s = 1;
	open_ready(o, &params);
	search(o, 1);
	imap_link_wait(o->link);
	assert_false(run(o, &o->news, 3500));
	assert_int_equal(o->closed, 0);
	send_mail("after renewals");
	assert_true(run(o, &o->news, 2000));
	search(o, 1);
}

static void
test_check_beside_idle(void **state)
{
	struct owner *o = *state;
	struct imap_link_params params = dovecot();

	params.check_s = 1;
	open_ready(o, &params);
	search(o, 1);
	imap_link_wait(o->link);
	assert_false(run(o, &o->news, 700));
	assert_true(run(o, &o->news, 2000));
	search(o, 1);
}

static void
test_free_in_callbacks(void **state)
{
	struct owner *o = *state;
	struct imap_link_params params = dovecot();

	o->free_at_once = true;
	open_ready(o, &params);
	assert_null(o->link);
	assert_int_equal(o->closed, 0);
	params.password = "wrong";
	open_link(o, &params);
	expect(o, &o->closed, "closed");
	assert_null(o->link);
}

/*
 * Servers of our own.
 */
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
	return (struct imap_link_params){.host = "127.0.0.1",
	    .port = peer_port(p),
	    .tls = CONN_TLS_NONE,
	    .username = USER,
	    .password = "secret",
	    .timeout_s = 1};
}

static void
drop(struct owner *o, struct peer *p)
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
	struct owner *o = *state;
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
		open_link(o, &params);
		expect(o, &o->closed, rows[i].words);
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
	struct owner *o = *state;

	params.idle_s = 1;
	open_ready(o, &params);
	imap_link_wait(o->link);
	expect(o, &o->closed, "closed");
	assert_int_equal(o->end.kind, FAIL_TIMEOUT);
	drop(o, p);
}

static void
test_polls_without_idle(void **state)
{
	struct fake f = {.capability = "IMAP4rev1", .answer = "* SEARCH 7\r\n"};
	struct peer *p = peer_start(NULL, fake_serve, &f);
	struct imap_link_params params = at_peer(p);
	struct owner *o = *state;

	params.poll_s = 1;
	open_ready(o, &params);
	assert_false(imap_link_idles(o->link));
	imap_link_wait(o->link);
	assert_true(run(o, &o->news, 3000));
	search(o, 3);
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
	struct owner *o = *state;
	int i;

	params.poll_s = 1;
	params.check_s = 600;
	open_ready(o, &params);
	for (i = 0; i < 3; i++)
		search(o, 1);
	imap_link_wait(o->link);
	assert_true(run(o, &o->news, 3000));
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
	struct owner *o = *state;

	open_link(o, &params);
	expect(o, &o->closed, "closed");
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
	struct owner *o = *state;

	open_link(o, &params);
	expect(o, &o->closed, "closed");
	assert_int_equal(o->end.kind, FAIL_IO);
	assert_int_equal(o->backoff_ms, -1);
	drop(o, p);
	open_link(o, &params); /* nobody listens there now */
	expect(o, &o->closed, "refused");
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
	struct owner *o = *state;
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
		params.tls = CONN_TLS_IMPLICIT;
		params.ca_file = certs_pem("ca");
		open_link(o, &params);
		expect(o, &o->closed, specs[i].name);
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
	struct owner *o = *state;
	struct imap_link_params params = {.port = 143,
	    .tls = CONN_TLS_NONE,
	    .username = USER,
	    .password = "secret"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(hosts); i++) {
		params.host = hosts[i];
		open_link(o, &params);
		expect(o, &o->closed, hosts[i]);
		assert_int_equal(o->end.kind, FAIL_INPUT);
		imap_link_free(o->link);
		o->link = NULL;
	}
}

#define LINK_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    LINK_TEST(test_delivered_noticed_fetched),
	    LINK_TEST(test_starttls),
	    LINK_TEST(test_mechanisms),
	    LINK_TEST(test_wrong_password),
	    LINK_TEST(test_wrong_ca),
	    LINK_TEST(test_missing_folder),
	    LINK_TEST(test_folders_and_select),
	    LINK_TEST(test_batches_and_expunged),
	    LINK_TEST(test_idle_renewed),
	    LINK_TEST(test_check_beside_idle),
	    LINK_TEST(test_free_in_callbacks),
	    LINK_TEST(test_silence),
	    LINK_TEST(test_silence_after_idle),
	    LINK_TEST(test_polls_without_idle),
	    LINK_TEST(test_idle_that_lies),
	    LINK_TEST(test_throttled),
	    LINK_TEST(test_closed_by_the_server),
	    LINK_TEST(test_bad_certificates_hear_nothing),
	    LINK_TEST(test_plain_only_to_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
