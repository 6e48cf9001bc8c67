/* Goal: the link against a real server (Dovecot; skipped when there is none). */
#include "tests/support/imap_owner.h"

#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "tests/support/certs.h"
#include "tests/support/mail_stack.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define USER "bounces@example.test"
#define FILL 120 /* messages */
#define GONE 40  /* of them, expunged after the search */

static struct imap_link_params
dovecot(void)
{
	if (!mail_stack_start()) {
		print_message("skipped: no Postfix and Dovecot here\n");
		skip();
	}
	return (struct imap_link_params){.access = {.host = "127.0.0.1",
					     .port = mail_stack_port(993),
					     .tls = CONN_TLS_IMPLICIT,
					     .ca_file = mail_stack_ca(),
					     .username = USER,
					     .password = MAIL_STACK_PASSWORD},
	    .version = "test"};
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
send_and_notice(struct imap_owner *o, const char *subject, int64_t within_ms)
{
	uint32_t from;

	imap_owner_search(o, 1);
	from = imap_set_max(&o->uids) + 1;
	imap_link_wait(o->link);
	send_mail(subject);
	if (!imap_owner_run(o, &o->news, within_ms))
		fail_msg("%s: not noticed within %lld ms", subject,
		    (long long)within_ms);
	imap_owner_search(o, from);
	assert_int_equal(imap_set_size(&o->uids), 1);
	return imap_set_max(&o->uids);
}

static void
test_delivered_noticed_fetched(void **state)
{
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();
	struct imap_set one;
	uint32_t uid;

	imap_owner_open_ready(o, &params);
	assert_true(o->mailbox.uidvalidity > 0 && o->mailbox.uidnext > 0);
	assert_true(imap_link_idles(o->link));
	assert_true(str_starts(str_of(imap_link_tls(o->link)), STR("TLS")));
	uid = send_and_notice(o, "first", 2000);
	imap_set_init(&one);
	assert_true(imap_set_add(&one, uid, uid));
	imap_link_headers(o->link, &one);
	imap_owner_expect(o, &o->done, "headers");
	assert_int_equal(o->headers, 1);
	assert_int_equal(o->last_uid, uid);
	assert_true(str_find(buf_view(&o->bytes), STR("Subject: first\r\n")) !=
		    STR_NOWHERE);
	assert_true(str_ends(buf_view(&o->bytes), STR("\r\n\r\n")));
	imap_link_body(o->link, uid);
	imap_owner_expect(o, &o->done, "body");
	assert_int_equal(o->last_size, o->bytes.n);
	assert_true(str_ends(buf_view(&o->bytes), STR("\r\n\r\n.hello\r\n")));
	assert_true(imap_link_bytes(o->link) > o->last_size);
	/* nothing of it shows in the mailbox. */
	assert_string_equal(mail_stack_doveadm("fetch -u " USER
					       " flags mailbox INBOX uid %u",
				uid),
	    "flags: \\Recent");
	imap_link_logout(o->link);
	imap_owner_expect(o, &o->closed, "logout");
	assert_int_equal(o->end.kind, FAIL_NONE);
	imap_set_release(&one);
}

static void
test_starttls(void **state)
{
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();

	params.access.port = mail_stack_port(143);
	params.access.tls = CONN_TLS_STARTTLS;
	imap_owner_open_ready(o, &params);
	assert_true(str_starts(str_of(imap_link_tls(o->link)), STR("TLS")));
	imap_owner_search(o, 1);
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
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();
	size_t i;

	for (i = 0; i < ARRAY_LEN(mechanisms); i++) {
		params.access.auth = mechanisms[i];
		params.access.password = mechanisms[i] >= SASL_XOAUTH2
					     ? make_jwt(USER)
					     : MAIL_STACK_PASSWORD;
		imap_owner_open(o, &params);
		imap_owner_expect(o, &o->ready, sasl_name(mechanisms[i]));
		imap_link_free(o->link);
		o->link = NULL;
	}
}

static void
test_wrong_password(void **state)
{
	static const enum sasl_mechanism mechanisms[] = {SASL_AUTO, SASL_PLAIN,
	    SASL_LOGIN, SASL_XOAUTH2};
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();
	size_t i;

	params.access.password = "wrong";
	for (i = 0; i < ARRAY_LEN(mechanisms); i++) {
		params.access.auth = mechanisms[i];
		imap_owner_open(o, &params);
		imap_owner_expect(o, &o->closed, sasl_name(mechanisms[i]));
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
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();

	certs_basic();
	params.access.ca_file = certs_pem("ca");
	imap_owner_open(o, &params);
	imap_owner_expect(o, &o->closed, "closed");
	assert_int_equal(o->end.kind, FAIL_TLS);
	assert_int_equal(o->ready, 0);
}

static void
test_missing_folder(void **state)
{
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();

	params.folder = "Nowhere/\xc3\x84";
	imap_owner_open(o, &params);
	imap_owner_expect(o, &o->closed, "closed");
	assert_int_equal(o->end.kind, FAIL_MISSING);
}

static void
test_folders_and_select(void **state)
{
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();
	uint32_t inbox;

	mail_stack_doveadm(
	    "mailbox create -u " USER " 'Unerw\xc3\xbcnscht & \"x\"'");
	imap_owner_open_ready(o, &params);
	inbox = o->mailbox.uidvalidity;
	imap_link_select(o->link, "Unerw\xc3\xbcnscht & \"x\"");
	imap_owner_expect(o, &o->ready, "select");
	assert_int_not_equal(o->mailbox.uidvalidity, inbox);
	assert_int_equal(o->mailbox.exists, 0);
	imap_owner_search(o, 1);
	assert_int_equal(o->uids.count, 0);
	imap_link_select(o->link, "Nowhere");
	imap_owner_expect(o, &o->done, "select of a folder that is not there");
	assert_int_equal(o->answer.kind, FAIL_MISSING);
	imap_link_select(o->link, "a\r\nb");
	imap_owner_expect(o, &o->done, "select of two lines");
	assert_int_equal(o->answer.kind, FAIL_INPUT);
	imap_link_folders(o->link);
	imap_owner_expect(o, &o->done, "folders");
	imap_link_select(o->link, "INBOX");
	imap_owner_expect(o, &o->ready, "select again");
	assert_int_equal(o->mailbox.uidvalidity, inbox);
}

static void
fill(struct imap_owner *o)
{
	int i;

	for (i = 0; i < FILL; i++)
		mail_stack_deliver("ann@example.test", "alice@example.test",
		    "Subject: one of many\n\nhello\n");
	for (imap_owner_search(o, 1); imap_set_size(&o->uids) < FILL;
	     imap_owner_search(o, 1)) {
		imap_link_wait(o->link);
		imap_owner_expect(o, &o->news, "all delivered");
	}
}

/* Batches of a large result; some are expunged after the search. */
static void
test_batches_and_expunged(void **state)
{
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();
	struct imap_set all, batch;

	params.access.username = "alice@example.test";
	imap_owner_open_ready(o, &params);
	fill(o);
	imap_set_init(&all);
	imap_set_init(&batch);
	imap_set_take(&o->uids, UINT64_MAX, &all);
	mail_stack_doveadm("expunge -u alice@example.test mailbox INBOX uid "
			   "%u:%u",
	    all.at[0].first + 10, all.at[0].first + 10 + GONE - 1);
	while (imap_set_take(&all, 25, &batch)) {
		imap_link_headers(o->link, &batch);
		imap_owner_expect(o, &o->done, "batch");
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
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();

	params.idle_s = 1;
	imap_owner_open_ready(o, &params);
	imap_owner_search(o, 1);
	imap_link_wait(o->link);
	assert_false(imap_owner_run(o, &o->news, 3500));
	assert_int_equal(o->closed, 0);
	send_mail("after renewals");
	assert_true(imap_owner_run(o, &o->news, 2000));
	imap_owner_search(o, 1);
}

static void
test_check_beside_idle(void **state)
{
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();

	params.check_s = 1;
	imap_owner_open_ready(o, &params);
	imap_owner_search(o, 1);
	imap_link_wait(o->link);
	assert_false(imap_owner_run(o, &o->news, 700));
	assert_true(imap_owner_run(o, &o->news, 2000));
	imap_owner_search(o, 1);
}

static void
test_free_in_callbacks(void **state)
{
	struct imap_owner *o = *state;
	struct imap_link_params params = dovecot();

	o->free_at_once = true;
	imap_owner_open_ready(o, &params);
	assert_null(o->link);
	assert_int_equal(o->closed, 0);
	params.access.password = "wrong";
	imap_owner_open(o, &params);
	imap_owner_expect(o, &o->closed, "closed");
	assert_null(o->link);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IMAP_OWNER_TEST(test_delivered_noticed_fetched),
	    IMAP_OWNER_TEST(test_starttls),
	    IMAP_OWNER_TEST(test_mechanisms),
	    IMAP_OWNER_TEST(test_wrong_password),
	    IMAP_OWNER_TEST(test_wrong_ca),
	    IMAP_OWNER_TEST(test_missing_folder),
	    IMAP_OWNER_TEST(test_folders_and_select),
	    IMAP_OWNER_TEST(test_batches_and_expunged),
	    IMAP_OWNER_TEST(test_idle_renewed),
	    IMAP_OWNER_TEST(test_check_beside_idle),
	    IMAP_OWNER_TEST(test_free_in_callbacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
