/*
 * Goal: a signature counts by the word of the host that is read, and by
 * nobody else's, whatever a mail brings along (RFC 8601, R-066).
 */
#include "bounce/auth_results.h"
#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define AR "Authentication-Results: "

static const struct auth_trust trust = {STR("mx.example.test"),
    STR("feedback.test fbl.provider.test")};

static const struct {
	const char *label, *header;
	bool passes;
} rows[] = {
    {"signed", AR "mx.example.test; dkim=pass header.d=feedback.test\n", true},
    {"of a domain below",
	AR "mx.example.test; dkim=pass header.d=arf.feedback.test\n", true},
    {"the other domain",
	AR "MX.Example.Test 1; dkim=pass header.d=FBL.provider.test\n", true},
    {"folded, with comments and other results",
	AR
	"mx.example.test (checked; here);\n"
	"\tspf=fail smtp.mailfrom=a@b.test; dmarc=none;\n"
	" dkim = pass (2048-bit key; unprotected)\n"
	"\theader.d=feedback.test header.i=@feedback.test header.b=\"ab c\"\n",
	true},
    {"version of the method",
	AR "mx.example.test; dkim/1=pass header.d=feedback.test\n", true},
    {"header.i alone",
	AR "mx.example.test; dkim=pass header.i=@arf.feedback.test "
	   "header.s=s1 header.b=x\n",
	true},
    {"the second signature",
	AR "mx.example.test; dkim=fail header.d=feedback.test;\n"
	   " dkim=pass header.d=feedback.test\n",
	true},
    {"quoted host",
	AR "\"mx.example.test\"; dkim=pass "
	   "header.d=feedback.test\n",
	true},
    {"above another host's",
	AR "mx.example.test; dkim=pass header.d=feedback.test\n" AR
	   "relay.test; dkim=fail header.d=feedback.test\n",
	true},
    {"below another host's",
	AR "relay.test; dkim=fail header.d=feedback.test\n" AR
	   "mx.example.test; dkim=pass header.d=feedback.test\n",
	true},
    {"no such field", "From: a@feedback.test\n", false},
    {"failed", AR "mx.example.test; dkim=fail header.d=feedback.test\n", false},
    {"none", AR "mx.example.test; none\n", false},
    {"of another domain",
	AR "mx.example.test; dkim=pass header.d=example.net\n", false},
    {"of a domain that ends alike",
	AR "mx.example.test; dkim=pass header.d=notfeedback.test\n", false},
    {"of the domain above", AR "mx.example.test; dkim=pass header.d=test\n",
	false},
    {"passed for one, failed for ours",
	AR "mx.example.test; dkim=pass header.d=evil.test; dkim=fail "
	   "header.d=feedback.test\n",
	false},
    {"another method", AR "mx.example.test; spf=pass header.d=feedback.test\n",
	false},
    {"a word that begins alike",
	AR "mx.example.test; dkim=passed header.d=feedback.test\n", false},
    {"forged, another host",
	AR "relay.test; dkim=pass header.d=feedback.test\n", false},
    {"forged, a host whose name begins alike",
	AR "mx.example.test.evil.test; dkim=pass header.d=feedback.test\n",
	false},
    {"forged, further down",
	AR "mx.example.test; dkim=fail header.d=evil.test\n"
	   "From: a@feedback.test\n" AR
	   "mx.example.test; dkim=pass header.d=feedback.test\n",
	false},
    {"forged, right below",
	AR "mx.example.test; spf=pass smtp.mailfrom=evil.test\n" AR
	   "mx.example.test; dkim=pass header.d=feedback.test\n",
	false},
    {"forged in a comment",
	AR "mx.example.test; dkim=fail (; dkim=pass header.d=feedback.test) "
	   "header.d=evil.test\n",
	false},
    {"forged in a quoted value",
	AR "mx.example.test; dkim=pass header.i=\"x; dkim=pass "
	   "header.d=feedback.test\"@evil.test\n",
	false},
    {"a quoted local part",
	AR "mx.example.test; dkim=pass header.i=\"a b\"@feedback.test\n", true},
    {"a domain in pieces",
	AR "mx.example.test; dkim=pass header.d=feedback.\"\"test\n", false},
    {"a domain that begins in a quotation",
	AR "mx.example.test; dkim=pass header.d=\"feedback\".test\n", false},
    {"a domain with a quoted pair",
	AR "mx.example.test; dkim=pass header.d=\"feedback\\.test\"\n", false},
    {"forged in the local part",
	AR "mx.example.test; dkim=pass header.i=@feedback.test@evil.test\n",
	false},
    {"both told, header.d counts",
	AR "mx.example.test; dkim=pass header.d=evil.test "
	   "header.i=@feedback.test\n",
	false},
    {"a comment without end",
	AR "mx.example.test; (dkim=pass header.d=feedback.test\n", false},
    {"a quotation without end",
	AR "mx.example.test; dkim=pass header.d=feedback.test \"x\n", false},
    {"forged, below one that cannot be read",
	AR "mx.example.test; dkim=fail (x\n" AR
	   "mx.example.test; dkim=pass header.d=feedback.test\n",
	false},
    {"another field of that kind",
	"ARC-Authentication-Results: i=1; mx.example.test; dkim=pass "
	"header.d=feedback.test\n",
	false},
    {"nothing in it", AR "\n", false},
};

static void
test_fields(void **state)
{
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a, 1U << 20);
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (auth_results_pass(str_of(rows[i].header), &trust, &a) !=
		    rows[i].passes)
			fail_msg("%s", rows[i].label);
	arena_release(&a);
}

/* Without a host's name, or without domains, nobody is trusted. */
static void
test_nobody_named(void **state)
{
	static const struct auth_trust none[] = {
	    {STR(""), STR("feedback.test")},
	    {STR("mx.example.test"), STR("")},
	};
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a, 1U << 20);
	for (i = 0; i < ARRAY_LEN(none); i++) {
		assert_false(auth_results_pass(
		    str_of(AR "; dkim=pass header.d=feedback.test\n"), &none[i],
		    &a));
		assert_false(
		    auth_results_pass(str_of(rows[0].header), &none[i], &a));
	}
	arena_release(&a);
}

/* A field that is longer than any host's is not looked into. */
static void
test_endless_field(void **state)
{
	struct arena a;
	struct buf header;
	size_t i;

	(void)state;
	arena_init(&a, 1U << 20);
	buf_init(&header, 1U << 20);
	buf_puts(&header,
	    AR "mx.example.test; dkim=pass header.d=feedback.test");
	for (i = 0; i < AUTH_RESULTS_MAX; i++)
		buf_char(&header, ' ');
	buf_puts(&header, "x\n");
	buf_puts(&header, rows[0].header);
	assert_false(auth_results_pass(buf_view(&header), &trust, &a));
	assert_true(a.used == 0);
	buf_release(&header);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_nobody_named),
	    cmocka_unit_test(test_endless_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
