/*
 * DKIM: the canonical forms, the published vector of RFC 8463, and that a
 * signature covers what it has to.  Independent verifiers read ours in the
 * end-to-end tests.
 */
#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "sender/dkim.h"
#include "sender/dkim_canon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define DATE_US INT64_C(1528637909000000)

static struct buf
a_buf(void)
{
	struct buf b;

	buf_init(&b, 1U << 20);
	return b;
}

static void
test_body(void **state)
{
	static const struct {
		const char *label, *in, *out;
	} rows[] = {
	    {"as it is", "a b\r\nc\r\n", "a b\r\nc\r\n"},
	    {"runs of blanks", "a  b\t\tc \td\r\n", "a b c d\r\n"},
	    {"one tab", "a\tb\r\n", "a b\r\n"},
	    {"blanks at line ends", "a \r\nb\t\r\nc \t \r\n",
		"a\r\nb\r\nc\r\n"},
	    {"blanks at line starts", "  a\r\n\tb\r\n", " a\r\n b\r\n"},
	    {"empty lines at the end", "a\r\n\r\n \r\n\t\r\n", "a\r\n"},
	    {"empty lines inside", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"},
	    {"no line end", "a", "a\r\n"},
	    {"blanks at the very end", "a  ", "a\r\n"},
	    {"empty", "", ""},
	    {"only line ends", "\r\n\r\n", ""},
	    {"only blanks", "  \r\n\t", ""},
	    {"RFC 6376, 3.4.5", " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"},
	};
	struct buf b = a_buf();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&b);
		dkim_canon_body(&b, str_of(rows[i].in));
		if (strcmp(buf_cstr(&b), rows[i].out) != 0)
			fail_msg("%s: \"%s\"", rows[i].label, buf_cstr(&b));
	}
	buf_release(&b);
}

/* Byte by byte, as the RFC words it. */
static void
plain_canon(struct buf *out, struct str body)
{
	size_t i;

	for (i = 0; i < body.n; i++) {
		bool blank = body.p[i] == ' ' || body.p[i] == '\t';

		if (blank && out->n > 0 && out->p[out->n - 1] == ' ')
			continue;
		if (body.p[i] == '\r' && out->n > 0 &&
		    out->p[out->n - 1] == ' ')
			buf_truncate(out, out->n - 1);
		buf_char(out, blank ? ' ' : body.p[i]);
	}
	while (out->n > 0 && out->p[out->n - 1] == ' ')
		buf_truncate(out, out->n - 1);
	while (out->n >= 4 && memcmp(out->p + out->n - 4, "\r\n\r\n", 4) == 0)
		buf_truncate(out, out->n - 2);
	if (out->n == 2 && out->p[0] == '\r')
		buf_reset(out);
	if (out->n > 0 && out->p[out->n - 1] != '\n')
		buf_puts(out, "\r\n");
}

static void
test_body_against_plain(void **state)
{
	static const char *const words[] = {" ", "  ", "\t", "\r\n", "a",
	    "a word that is longer than a block of sixteen", "=20"};
	struct buf body = a_buf(), fast = a_buf(), plain = a_buf();
	unsigned seed = 1;
	int round, i;

	(void)state;
	for (round = 0; round < 2000; round++) {
		buf_reset(&body);
		buf_reset(&fast);
		buf_reset(&plain);
		for (i = 0; i < round % 60; i++) {
			seed = seed * 1103515245U + 12345U;
			buf_puts(&body, words[(seed >> 16) % ARRAY_LEN(words)]);
		}
		dkim_canon_body(&fast, buf_view(&body));
		plain_canon(&plain, buf_view(&body));
		assert_string_equal(buf_cstr(&fast), buf_cstr(&plain));
	}
	buf_release(&body);
	buf_release(&fast);
	buf_release(&plain);
}

static void
test_field(void **state)
{
	static const struct {
		const char *name, *value, *out;
	} rows[] = {
	    {"SUBJect", " AbC\r\n", "subject:AbC"},
	    {"A", " X\r\n", "a:X"},
	    {"B", " Y\t\r\n\tZ  \r\n", "b:Y Z"},
	    {"To", "a@example.com", "to:a@example.com"},
	    {"Empty", "  \r\n", "empty:"},
	};
	struct buf b = a_buf();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&b);
		dkim_canon_field(&b, str_of(rows[i].name),
		    str_of(rows[i].value));
		assert_string_equal(buf_cstr(&b), rows[i].out);
	}
	buf_release(&b);
}

/* RFC 8463, appendix A: key, message and signature. */
static const char vector_secret[] =
    "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
static const char vector_public[] =
    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
static const char vector_body[] =
    "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
static const char vector_body_hash[] =
    "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=";
static const char vector_signature[] =
    "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus"
    "Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==";
static const struct {
	const char *name, *value;
} vector_fields[] = {
    {"From", "Joe SixPack <joe@football.example.com>"},
    {"To", "Suzie Q <suzie@shopping.example.net>"},
    {"Subject", "Is dinner ready?"},
    {"Date", "Fri, 11 Jul 2003 21:00:37 -0700 (PDT)"},
    {"Message-ID", "<20030712040037.46341.5F8J@football.example.com>"},
};
static const char vector_tags[] =
    " v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=";

/* PKCS #8 of a raw Ed25519 key is 16 known bytes, then the key. */
static struct dkim_key *
vector_key(void)
{
	static const unsigned char head[] = {0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3,
	    0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20};
	struct buf der = a_buf();
	struct dkim_key *key;
	struct err err;

	buf_add(&der, head, sizeof(head));
	assert_true(base64_decode(&der, str_of(vector_secret)));
	if (!dkim_key_read(&key, buf_view(&der), &err))
		fail_msg("%s", err.text);
	buf_release(&der);
	return key;
}

static void
test_vector(void **state)
{
	unsigned char hash[SHA256_SIZE], signature[DKIM_SIGNATURE_MAX];
	struct dkim_key *key = vector_key();
	struct buf b = a_buf(), text = a_buf();
	struct err err;
	size_t i, n;

	(void)state;
	assert_true(dkim_key_public(key, &text, &err));
	assert_string_equal(buf_cstr(&text), vector_public);

	dkim_canon_body(&b, str_of(vector_body));
	sha256(hash, buf_view(&b));
	buf_reset(&text);
	base64_encode(&text, (struct str){(char *)hash, sizeof(hash)});
	assert_string_equal(buf_cstr(&text), vector_body_hash);

	buf_reset(&b);
	for (i = 0; i < ARRAY_LEN(vector_fields); i++) {
		dkim_canon_field(&b, str_of(vector_fields[i].name),
		    str_of(vector_fields[i].value));
		buf_puts(&b, "\r\n");
	}
	dkim_canon_field(&b, STR("DKIM-Signature"), str_of(vector_tags));
	sha256(hash, buf_view(&b));
	assert_true(dkim_key_sign(key, hash, signature, &n, &err));
	buf_reset(&text);
	base64_encode(&text, (struct str){(char *)signature, n});
	assert_string_equal(buf_cstr(&text), vector_signature);
	dkim_key_free(key);
	buf_release(&b);
	buf_release(&text);
}

static const char message[] =
    "Date: Fri, 11 Jul 2003 21:00:37 +0000\r\n"
    "From: Shop <news@example.com>\r\n"
    "To: a@example.net\r\n"
    "Subject: Is dinner\r\n ready?\r\n"
    "List-Unsubscribe: <https://example.com/u/x>\r\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    "Feedback-ID: 1:2:bulk:volley\r\n"
    "X-Other: not signed\r\n"
    "\r\n"
    "Hello.\r\n";

static struct dkim_signer *
a_signer(void)
{
	struct dkim_signer *s = dkim_signer_new();

	assert_true(
	    dkim_signer_add(s, STR("example.com"), STR("sel"), vector_key()));
	return s;
}

static void
sign(struct dkim_signer *s, struct buf *out, const char *text, bool shared)
{
	struct err err;

	buf_reset(out);
	buf_puts(out, text);
	if (!dkim_sign(s, out, DATE_US, shared, &err))
		fail_msg("%s", err.text);
}

static void
test_sign(void **state)
{
	struct dkim_signer *s = a_signer();
	struct buf b = a_buf(), again = a_buf();
	const char *h, *line;

	(void)state;
	sign(s, &b, message, false);
	assert_ptr_equal(strstr(b.p, "DKIM-Signature: v=1; a=ed25519-sha256; "
				     "c=relaxed/relaxed;\r\n d=example.com;"),
	    b.p);
	assert_non_null(strstr(b.p, "t=1528637909;"));
	assert_null(strstr(b.p, "l="));
	h = strstr(b.p, "h=");
	assert_non_null(h);
	assert_memory_equal(h,
	    "h=From:From:To:To:Reply-To:Subject:Subject:Date:Date:", 50);
	assert_non_null(strstr(h, "List-Unsubscribe:List-Unsubscribe:"));
	assert_non_null(strstr(h, "List-Unsubscribe-Post:"));
	assert_non_null(strstr(h, "Feedback-ID"));
	assert_ptr_equal(strstr(b.p, "X-Other"), strstr(h, "X-Other"));
	assert_true(strstr(b.p, "X-Other") > strstr(b.p, "Date: Fri"));
	assert_string_equal(strstr(b.p, "Date: Fri"), message);
	for (line = b.p; line != NULL; line = strstr(line + 1, "\r\n"))
		assert_true(strcspn(line + 2, "\r") <= 78);
	sign(s, &again, message, false);
	assert_string_equal(b.p, again.p);
	dkim_signer_free(s);
	buf_release(&b);
	buf_release(&again);
}

/* Whose bodies are the same hash them once; others are told apart. */
static void
test_shared_body(void **state)
{
	struct dkim_signer *s = a_signer();
	struct buf b = a_buf(), other = a_buf();

	(void)state;
	sign(s, &b, "From: a@example.com\r\n\r\none\r\n", false);
	sign(s, &other, "From: a@example.com\r\n\r\ntwo\r\n", false);
	assert_string_not_equal(strstr(b.p, "bh="), strstr(other.p, "bh="));
	sign(s, &b, "From: a@example.com\r\n\r\none\r\n", true);
	sign(s, &other, "From: a@example.com\r\n\r\none\r\n", true);
	assert_string_equal(b.p, other.p);
	dkim_signer_free(s);
	buf_release(&b);
	buf_release(&other);
}

static void
test_keys(void **state)
{
	struct dkim_key *key, *again;
	struct buf der = a_buf(), one = a_buf(), two = a_buf();
	struct err err;

	(void)state;
	assert_false(dkim_key_make(&key, DKIM_RSA_SHA256, 1024, &err));
	assert_non_null(strstr(err.text, "2048 to 4096"));
	assert_false(dkim_key_read(&key, STR("nonsense"), &err));
	assert_false(dkim_key_read(&key, STR(""), &err));
	assert_true(dkim_key_make(&key, DKIM_RSA_SHA256, 2048, &err));
	assert_int_equal(dkim_key_algorithm(key), DKIM_RSA_SHA256);
	assert_true(dkim_key_secret(key, &der, &err));
	assert_true(dkim_key_read(&again, buf_view(&der), &err));
	assert_true(dkim_key_public(key, &one, &err));
	assert_true(dkim_key_public(again, &two, &err));
	assert_string_equal(one.p, two.p);
	dkim_key_free(key);
	dkim_key_free(again);
	dkim_key_free(NULL);
	buf_release(&der);
	buf_release(&one);
	buf_release(&two);
}

static void
test_limits(void **state)
{
	struct dkim_signer *s = dkim_signer_new();
	struct buf b = a_buf();
	struct err err;
	int i;

	(void)state;
	assert_true(dkim_signer_is_empty(s));
	buf_puts(&b, "no header end");
	assert_true(dkim_sign(s, &b, DATE_US, false, &err));
	assert_string_equal(b.p, "no header end");
	assert_true(
	    dkim_signer_add(s, STR("example.com"), STR("x"), vector_key()));
	assert_false(dkim_sign(s, &b, DATE_US, false, &err));
	buf_reset(&b);
	for (i = 0; i < 70; i++)
		buf_puts(&b, "X: y\r\n");
	buf_puts(&b, "\r\nbody");
	assert_false(dkim_sign(s, &b, DATE_US, false, &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	dkim_signer_free(s);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_body),
	    cmocka_unit_test(test_body_against_plain),
	    cmocka_unit_test(test_field),
	    cmocka_unit_test(test_vector),
	    cmocka_unit_test(test_sign),
	    cmocka_unit_test(test_shared_body),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
