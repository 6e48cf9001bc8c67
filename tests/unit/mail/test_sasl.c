/* Goal: every exchange says what its specification says, no secret goes to a
 * server that cannot prove itself, and a refusal never leaves us waiting. */
#include "lib/mail/sasl.h"

#include "lib/base/encode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <gsasl.h>

#define USER     "user@example.com"
#define PASSWORD "pencil = 1,5 cm"

static const struct sasl_params params = {SASL_PLAIN, USER, PASSWORD,
    "mail.example.com", 587};

static struct sasl *
exchange(enum sasl_mechanism m, const char *user, const char *password)
{
	struct sasl_params p = params;

	p.mechanism = m;
	p.username = user;
	p.password = password;
	p.host = "server.example.com";
	return sasl_new(&p);
}

static void
step_in_base64(struct sasl *s, struct str challenge, const char *want)
{
	struct err err = {FAIL_NONE, ""};
	struct buf response, text;

	buf_init(&response, 4096);
	buf_init(&text, 4096);
	if (!sasl_step(s, challenge, &response, &err))
		fail_msg("%s", err.text);
	base64_encode(&text, buf_view(&response));
	assert_string_equal(buf_cstr(&text), want);
	buf_wipe(&response);
	buf_wipe(&text);
}

static void
refuses_another_step(struct sasl *s)
{
	struct err err = {FAIL_NONE, ""};
	struct buf response;

	buf_init(&response, 4096);
	assert_false(sasl_step(s, STR("more"), &response, &err));
	assert_int_equal(err.kind, FAIL_PROTOCOL);
	assert_int_equal(response.n, 0);
	buf_release(&response);
}

static void
initial_responses_are_the_known_ones(void **state)
{
	static const struct {
		enum sasl_mechanism m;
		const char *user, *password, *want;
	} rows[] = {
	    {SASL_PLAIN, "test", "1234", "AHRlc3QAMTIzNA=="},
	    {SASL_XOAUTH2, "someuser@example.com",
		"ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
		"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZG"
		"OWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="},
	    {SASL_OAUTHBEARER, "user@example.com",
		"vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
		"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29t"
		"AXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhi"
		"SFJoZG1semRHRXVZMjl0Q2c9PQEB"},
	};
	struct sasl *s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		s = exchange(rows[i].m, rows[i].user, rows[i].password);
		assert_true(sasl_has_initial(s));
		assert_false(sasl_done(s));
		step_in_base64(s, STR_NONE, rows[i].want);
		assert_true(sasl_done(s));
		sasl_free(s);
	}
}

static void
login_answers_twice(void **state)
{
	struct sasl *s = exchange(SASL_LOGIN, "test", "1234");

	(void)state;
	assert_false(sasl_has_initial(s));
	step_in_base64(s, STR("Username:"), "dGVzdA==");
	assert_false(sasl_done(s));
	step_in_base64(s, STR("Password:"), "MTIzNA==");
	assert_true(sasl_done(s));
	refuses_another_step(s);
	sasl_free(s);
}

static void
plain_answers_once(void **state)
{
	struct sasl *s = exchange(SASL_PLAIN, "test", "1234");

	(void)state;
	step_in_base64(s, STR_NONE, "AHRlc3QAMTIzNA==");
	refuses_another_step(s);
	sasl_free(s);
}

/* Google: 334 and JSON, to be answered by an empty line.  RFC 7628, 3.2.3:
 * the same with one \001. */
static void
an_oauth_refusal_is_ended(void **state)
{
	static const struct str json =
	    STR("{\"status\":\"401\",\n\"scope\":\"https://mail\"}");
	static const char kept[] =
	    "{\"status\":\"401\",?\"scope\":\"https://mail\"}";
	struct err err = {FAIL_NONE, ""};
	struct buf response;
	struct sasl *s;
	int i;

	(void)state;
	buf_init(&response, 4096);
	for (i = 0; i < 2; i++) {
		s = exchange(i ? SASL_OAUTHBEARER : SASL_XOAUTH2, "u", "t");
		assert_true(sasl_step(s, STR_NONE, &response, &err));
		assert_int_equal(sasl_detail(s).n, 0);
		buf_reset(&response);
		assert_true(sasl_step(s, json, &response, &err));
		assert_string_equal(buf_cstr(&response), i ? "\001" : "");
		assert_true(str_eq(sasl_detail(s), str_of(kept)));
		assert_false(sasl_done(s));
		refuses_another_step(s);
		sasl_free(s);
	}
	buf_release(&response);
}

/* a user name cannot add a field to what is sent. */
static void
oauth_fields_cannot_be_forged(void **state)
{
	static const struct {
		const char *user, *token;
	} bad[] = {
	    {"u\001auth=Bearer x", "t"},
	    {"u", "t\001"},
	    {"u\r\nQUIT", "t"},
	    {"u", "t\r\n"},
	    {"u\x7f", "t"},
	};
	struct err err = {FAIL_NONE, ""};
	struct buf response;
	struct sasl *s;
	size_t i;

	(void)state;
	buf_init(&response, 4096);
	for (i = 0; i < 2 * ARRAY_LEN(bad); i++) {
		s = exchange(i % 2 ? SASL_OAUTHBEARER : SASL_XOAUTH2,
		    bad[i / 2].user, bad[i / 2].token);
		assert_false(sasl_step(s, STR_NONE, &response, &err));
		assert_int_equal(err.kind, FAIL_INPUT);
		assert_int_equal(response.n, 0);
		sasl_free(s);
	}
	s = exchange(SASL_OAUTHBEARER, "a,b=c", "t");
	assert_true(sasl_step(s, STR_NONE, &response, &err));
	assert_true(str_starts(buf_view(&response), STR("n,a=a=2Cb=3Dc,\001")));
	sasl_free(s);
	buf_release(&response);
}

/* The other end of SCRAM: libgsasl as a server that knows `password`. */
struct server {
	Gsasl *gsasl;
	Gsasl_session *session;
	char *said; /* its last challenge */
	size_t n;
};

static int
server_callback(Gsasl *g, Gsasl_session *session, Gsasl_property property)
{
	if (property != GSASL_PASSWORD)
		return GSASL_NO_CALLBACK;
	if (strcmp(gsasl_property_fast(session, GSASL_AUTHID), USER) != 0)
		return GSASL_AUTHENTICATION_ERROR;
	return gsasl_property_set(session, GSASL_PASSWORD,
	    gsasl_callback_hook_get(g));
}

static void
server_open(struct server *v, char *password)
{
	*v = (struct server){0};
	assert_int_equal(gsasl_init(&v->gsasl), GSASL_OK);
	gsasl_callback_set(v->gsasl, server_callback);
	gsasl_callback_hook_set(v->gsasl, password);
	assert_int_equal(
	    gsasl_server_start(v->gsasl, "SCRAM-SHA-256", &v->session),
	    GSASL_OK);
}

static void
server_close(struct server *v)
{
	gsasl_free(v->said);
	gsasl_finish(v->session);
	gsasl_done(v->gsasl);
}

/* One message of ours and the answer to it. */
static int
server_step(struct server *v, struct sasl *s, struct err *err)
{
	struct buf response;
	int code = GSASL_OK;

	buf_init(&response, 4096);
	if (!sasl_step(s, (struct str){v->said, v->n}, &response, err)) {
		buf_release(&response);
		return -1;
	}
	gsasl_free(v->said);
	v->said = NULL;
	v->n = 0;
	code = gsasl_step(v->session, buf_cstr(&response), response.n, &v->said,
	    &v->n);
	buf_release(&response);
	return code;
}

static void
scram_proves_both_sides(void **state)
{
	char password[] = PASSWORD;
	struct err err = {FAIL_NONE, ""};
	struct buf response;
	struct server v;
	struct sasl *s = exchange(SASL_SCRAM_SHA_256, USER, PASSWORD);

	(void)state;
	server_open(&v, password);
	assert_true(sasl_has_initial(s));
	assert_int_equal(server_step(&v, s, &err), GSASL_NEEDS_MORE);
	assert_int_equal(server_step(&v, s, &err), GSASL_OK);
	assert_false(sasl_done(s)); /* its proof was not read yet */
	buf_init(&response, 4096);
	assert_true(sasl_step(s, (struct str){v.said, v.n}, &response, &err));
	assert_int_equal(response.n, 0);
	assert_true(sasl_done(s));
	refuses_another_step(s);
	buf_release(&response);
	sasl_free(s);
	server_close(&v);
}

static void
scram_with_a_wrong_password_is_refused(void **state)
{
	char password[] = "another";
	struct err err = {FAIL_NONE, ""};
	struct server v;
	struct sasl *s = exchange(SASL_SCRAM_SHA_256, USER, PASSWORD);

	(void)state;
	server_open(&v, password);
	assert_int_equal(server_step(&v, s, &err), GSASL_NEEDS_MORE);
	assert_int_equal(server_step(&v, s, &err), GSASL_AUTHENTICATION_ERROR);
	assert_false(sasl_done(s));
	sasl_free(s);
	server_close(&v);
}

/* Runs an exchange up to the server's proof and puts `proof` in its place. */
static bool
scram_believes(struct str proof, struct err *err)
{
	char password[] = PASSWORD;
	struct server v;
	struct buf response;
	struct sasl *s = exchange(SASL_SCRAM_SHA_256, USER, PASSWORD);
	bool ok;

	server_open(&v, password);
	assert_int_equal(server_step(&v, s, err), GSASL_NEEDS_MORE);
	assert_int_equal(server_step(&v, s, err), GSASL_OK);
	buf_init(&response, 4096);
	ok = sasl_step(s, proof, &response, err);
	assert_int_equal(sasl_done(s), ok);
	buf_release(&response);
	sasl_free(s);
	server_close(&v);
	return ok;
}

static void
a_server_without_proof_is_refused(void **state)
{
	static const struct str proofs[] = {
	    STR("v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
	    STR("v="),
	    STR("v=!"),
	    STR(""),
	    STR("e=other-error"),
	    STR("hello"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(proofs); i++) {
		struct err err = {FAIL_NONE, ""};

		assert_false(scram_believes(proofs[i], &err));
		assert_int_equal(err.kind, FAIL_AUTH);
	}
}

static void
a_bad_challenge_ends_scram(void **state)
{
	static const struct str challenges[] = {
	    STR(""),
	    STR("hello"),
	    STR("r=other,s=QSXCR+Q6sek8bf92,i=4096"),
	    STR("r=,s=QSXCR+Q6sek8bf92,i=4096"),
	    STR("r=x,s=QSXCR+Q6sek8bf92,i=2147483647"),
	    STR("r=x,s=QSXCR+Q6sek8bf92,i=99999999999999999999"),
	    STR("r=x,s=QSXCR+Q6sek8bf92,i=-1"),
	};
	struct buf response;
	size_t i;

	(void)state;
	buf_init(&response, 4096);
	for (i = 0; i < ARRAY_LEN(challenges); i++) {
		struct err err = {FAIL_NONE, ""};
		struct sasl *s = exchange(SASL_SCRAM_SHA_256, USER, PASSWORD);

		assert_true(sasl_step(s, STR_NONE, &response, &err));
		buf_reset(&response);
		assert_false(sasl_step(s, challenges[i], &response, &err));
		assert_int_equal(err.kind, FAIL_PROTOCOL);
		assert_int_equal(response.n, 0);
		sasl_free(s);
	}
	buf_release(&response);
}

static void
names_and_offers_agree(void **state)
{
	enum sasl_mechanism m, back;

	(void)state;
	for (m = SASL_PLAIN; m < SASL__COUNT; m++) {
		assert_true(sasl_parse(str_of(sasl_name(m)), &back));
		assert_int_equal(back, m);
		assert_int_equal(sasl_offer(str_of(sasl_wire_name(m))),
		    1U << m);
	}
	assert_true(sasl_parse(STR("auto"), &back));
	assert_int_equal(back, SASL_AUTO);
	assert_false(sasl_parse(STR("cram-md5"), &back));
	assert_int_equal(sasl_offer(STR("scram-sha-256")),
	    1U << SASL_SCRAM_SHA_256);
	assert_int_equal(sasl_offer(STR("NTLM")), 0);
	assert_int_equal(sasl_offer(STR("")), 0);
	assert_int_equal(sasl_offer(STR("SCRAM-SHA-256-PLUS")), 0);
}

#define OFFER(m) (1U << SASL_##m)

static void
the_best_that_fits_is_chosen(void **state)
{
	static const struct {
		enum sasl_mechanism want;
		unsigned offered;
		enum sasl_mechanism got; /* SASL_AUTO: none */
	} rows[] = {
	    {SASL_AUTO, OFFER(PLAIN) | OFFER(LOGIN) | OFFER(SCRAM_SHA_256),
		SASL_SCRAM_SHA_256},
	    {SASL_AUTO, OFFER(PLAIN) | OFFER(LOGIN), SASL_PLAIN},
	    {SASL_AUTO, OFFER(LOGIN), SASL_LOGIN},
	    {SASL_AUTO, OFFER(XOAUTH2) | OFFER(LOGIN), SASL_LOGIN},
	    {SASL_AUTO, OFFER(XOAUTH2) | OFFER(OAUTHBEARER), SASL_AUTO},
	    {SASL_AUTO, 0, SASL_AUTO},
	    {SASL_LOGIN, OFFER(PLAIN) | OFFER(LOGIN), SASL_LOGIN},
	    {SASL_LOGIN, OFFER(PLAIN), SASL_AUTO},
	    {SASL_XOAUTH2, OFFER(PLAIN) | OFFER(XOAUTH2), SASL_XOAUTH2},
	    {SASL_XOAUTH2, OFFER(OAUTHBEARER), SASL_AUTO},
	};
	enum sasl_mechanism got;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {FAIL_NONE, ""};

		got = SASL_AUTO;
		assert_int_equal(
		    sasl_choose(rows[i].want, rows[i].offered, &got, &err),
		    rows[i].got != SASL_AUTO);
		assert_int_equal(got, rows[i].got);
		assert_int_equal(err.kind,
		    rows[i].got == SASL_AUTO ? FAIL_AUTH : FAIL_NONE);
	}
}

static void
a_disagreement_names_both_sides(void **state)
{
	enum sasl_mechanism got;
	struct err err = {FAIL_NONE, ""};

	(void)state;
	assert_false(
	    sasl_choose(SASL_XOAUTH2, OFFER(PLAIN) | OFFER(LOGIN), &got, &err));
	assert_string_equal(err.text, "authenticate: the account wants "
				      "XOAUTH2, the server offers PLAIN "
				      "LOGIN");
	assert_false(sasl_choose(SASL_AUTO, 0, &got, &err));
	assert_string_equal(err.text,
	    "authenticate: the account wants SCRAM-SHA-256, PLAIN or LOGIN, "
	    "the server offers nothing known");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(initial_responses_are_the_known_ones),
	    cmocka_unit_test(login_answers_twice),
	    cmocka_unit_test(plain_answers_once),
	    cmocka_unit_test(an_oauth_refusal_is_ended),
	    cmocka_unit_test(oauth_fields_cannot_be_forged),
	    cmocka_unit_test(scram_proves_both_sides),
	    cmocka_unit_test(scram_with_a_wrong_password_is_refused),
	    cmocka_unit_test(a_server_without_proof_is_refused),
	    cmocka_unit_test(a_bad_challenge_ends_scram),
	    cmocka_unit_test(names_and_offers_agree),
	    cmocka_unit_test(the_best_that_fits_is_chosen),
	    cmocka_unit_test(a_disagreement_names_both_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
