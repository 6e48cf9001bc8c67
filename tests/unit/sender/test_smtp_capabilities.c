/*
 * Goal: what a server offers is understood however it writes it, and nothing
 * else is taken for an offer.
 */
#include "lib/base/base.h"

#include "sender/smtp_capabilities.h"

#include "lib/mail/sasl.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BIT(m) (1U << (m))

struct row {
	const char *line;
	struct smtp_capabilities want;
};

static const struct row rows[] = {
    {"PIPELINING", {.pipelining = true}},
    {"pipelining", {.pipelining = true}},
    {"PIPELINING ", {.pipelining = true}},
    {"XPIPELINING", {.pipelining = false}},
    {"PIPELININGS", {.pipelining = false}},
    {"8BITMIME", {.eight_bit = true}},
    {"ENHANCEDSTATUSCODES", {.enhanced_status = true}},
    {"STARTTLS", {.starttls = true}},
    {"SMTPUTF8", {.smtputf8 = true}},
    {"DSN", {.dsn = true}},
    {"SIZE", {.size = true}},
    {"SIZE 0", {.size = true}},
    {"SIZE 35882577", {.size = true, .size_max = 35882577}},
    {"SIZE  1000 ", {.size = true, .size_max = 1000}},
    {"SIZE huge", {.size = true}},
    {"SIZE -1", {.size = true}},
    {"SIZE 99999999999999999999999", {.size = true}},
    {"SIZE=1000", {.size = false}},
    {"AUTH PLAIN", {.auth = BIT(SASL_PLAIN)}},
    {"AUTH PLAIN LOGIN", {.auth = BIT(SASL_PLAIN) | BIT(SASL_LOGIN)}},
    {"auth plain\tlogin", {.auth = 0}},
    {"AUTH=PLAIN LOGIN", {.auth = BIT(SASL_PLAIN) | BIT(SASL_LOGIN)}},
    {"AUTH=LOGIN", {.auth = BIT(SASL_LOGIN)}},
    {"AUTH  NTLM   SCRAM-SHA-256", {.auth = BIT(SASL_SCRAM_SHA_256)}},
    {"AUTH XOAUTH2 OAUTHBEARER",
	{.auth = BIT(SASL_XOAUTH2) | BIT(SASL_OAUTHBEARER)}},
    {"AUTH", {.auth = 0}},
    {"AUTH=", {.auth = 0}},
    {"", {.auth = 0}},
    {"   ", {.auth = 0}},
};

static void
lines(void **state)
{
	struct smtp_capabilities c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct smtp_capabilities *w = &rows[i].want;

		print_message("\"%s\"\n", rows[i].line);
		smtp_capabilities_reset(&c);
		smtp_capabilities_add(&c, str_of(rows[i].line));
		assert_int_equal(c.pipelining, w->pipelining);
		assert_int_equal(c.eight_bit, w->eight_bit);
		assert_int_equal(c.enhanced_status, w->enhanced_status);
		assert_int_equal(c.starttls, w->starttls);
		assert_int_equal(c.smtputf8, w->smtputf8);
		assert_int_equal(c.dsn, w->dsn);
		assert_int_equal(c.size, w->size);
		assert_int_equal(c.size_max, w->size_max);
		assert_int_equal(c.auth, w->auth);
	}
}

static void
lines_add_up(void **state)
{
	struct smtp_capabilities c;

	(void)state;
	smtp_capabilities_reset(&c);
	smtp_capabilities_add(&c, STR("AUTH PLAIN"));
	smtp_capabilities_add(&c, STR("AUTH=LOGIN"));
	smtp_capabilities_add(&c, STR("DSN"));
	assert_int_equal(c.auth, BIT(SASL_PLAIN) | BIT(SASL_LOGIN));
	assert_true(c.dsn);
	smtp_capabilities_reset(&c);
	assert_int_equal(c.auth, 0);
	assert_false(c.dsn);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines),
	    cmocka_unit_test(lines_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
