/* Goal: signatures, verdicts and hops are read as the hosts of this world
 * write them (S-062). */
#include "bounce/mail_trace.h"

#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;
static struct mail_trace trace;

static void
trace_of(const char *header)
{
	arena_reset(&arena);
	mail_trace_read(&trace, str_of(header), &arena);
}

static void
check_str(const char *label, struct str got, const char *want)
{
	if (want == NULL ? got.p != NULL : !str_eq(got, str_of(want)))
		fail_msg("%s: \"%.*s\", not \"%s\"", label, STR_ARG(got),
		    want != NULL ? want : "(none)");
}

static void
test_signatures(void **state)
{
	static const struct {
		const char *value, *domain, *selector;
		bool covers;
	} rows[] = {
	    {"v=1; d=a.test; s=k1; h=From:List-Unsubscribe:"
	     "List-Unsubscribe-Post; b=x",
		"a.test", "k1", true},
	    {"v=1; d = a.test;\r\n\ts=k1; h=from : to :\r\n list-unsubscribe-"
	     "post:\r\n list-unsubscribe; bh=y",
		"a.test", "k1", true},
	    {"d=a.test; s=k1; h=From:List-Unsubscribe", "a.test", "k1", false},
	    {"d=a.test; s=k1; h=List-Unsubscribe:List-Unsubscribe-Post",
		"a.test", "k1", false},
	    {"d=a.test; s=k1; h=From:List-Unsubscribe-Post", "a.test", "k1",
		false},
	    {"d=a.test; h=", "a.test", NULL, false},
	    {";;h;d;=", NULL, NULL, false},
	    {"", NULL, NULL, false},
	};
	char header[1024];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(header, sizeof(header),
		    "Subject: x\r\nDKIM-SIGNATURE: %s\r\n\r\n", rows[i].value);
		trace_of(header);
		assert_int_equal(trace.signature_count, 1);
		check_str(rows[i].value, trace.signatures[0].domain,
		    rows[i].domain);
		check_str(rows[i].value, trace.signatures[0].selector,
		    rows[i].selector);
		assert_int_equal(trace.signatures[0].covers, rows[i].covers);
	}
}

static void
test_many_signatures(void **state)
{
	struct buf header;
	int i;

	(void)state;
	buf_init(&header, 1U << 16);
	for (i = 0; i < 100; i++)
		buf_printf(&header, "DKIM-Signature: d=d%d.test\n", i);
	trace_of(buf_cstr(&header));
	assert_int_equal(trace.signature_count, MAIL_TRACE_SIGNATURES_MAX);
	check_str("last", trace.signatures[7].domain, "d7.test");
	buf_release(&header);
}

static void
test_verdicts(void **state)
{
	static const struct {
		const char *value, *host, *dkim, *spf, *dmarc;
	} rows[] = {
	    {"mx.test;\r\n dkim=pass header.d=a.test;\r\n spf=pass (ok; sure) "
	     "smtp.mailfrom=a.test; dmarc=pass (p=none) header.from=a.test",
		"mx.test", "pass", "pass", "pass"},
	    {"mx.test 1; dkim=fail (a (b) dkim=pass); dkim=neutral",
		"mx.test 1", "fail", NULL, NULL},
	    {"mx.test; dkim=fail; dkim=pass", "mx.test", "pass", NULL, NULL},
	    {"mx.test; none", "mx.test", NULL, NULL, NULL},
	    {"spf=softfail (sender IP is 1) smtp.mailfrom=a.test; dkim=none "
	     "(message not signed) header.d=none;dmarc=bestguesspass",
		"the reading host", "none", "softfail", "bestguesspass"},
	    {"mx.test; DKIM=Pass; spf; =; arc=pass", "mx.test", "Pass", NULL,
		NULL},
	    {"((((", "", NULL, NULL, NULL},
	};
	char header[1024];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(header, sizeof(header),
		    "Authentication-Results: %s\r\n"
		    "Authentication-Results: other.test; dkim=pass; spf=pass; "
		    "dmarc=pass\r\n",
		    rows[i].value);
		trace_of(header);
		if (rows[i].host[0] != '\0')
			check_str(rows[i].value, trace.host, rows[i].host);
		if (rows[i].host[0] == '\0')
			continue;
		check_str(rows[i].value, trace.dkim, rows[i].dkim);
		check_str(rows[i].value, trace.spf, rows[i].spf);
		check_str(rows[i].value, trace.dmarc, rows[i].dmarc);
	}
}

static void
test_hops(void **state)
{
	static const struct {
		const char *value;
		int hops, hops_tls;
	} rows[] = {
	    {"from a (b) by c (Postfix) with ESMTPS id 1; Thu", 1, 1},
	    {"from a by c with esmtpsa (TLS1.3) id 1", 1, 1},
	    {"from a by c with UTF8SMTPS id 1", 1, 1},
	    {"from a (using TLSv1.3 with cipher X) by c with ESMTP id 1", 1, 0},
	    {"from a by c with SMTP; Thu", 1, 0},
	    {"from a\r\n\tby c\r\n\twith\r\n\tESMTPSA id 1", 1, 1},
	    {"by c with LMTP id 1", 0, 0},
	    {"by c (with SMTPS) id 1; Thu", 0, 0},
	    {"from a by c with Microsoft SMTP Server (version=TLS1_2) id 1", 1,
		1},
	    {"from a by c with Microsoft SMTP Server id 1", 1, 0},
	    {"with", 0, 0},
	    {"", 0, 0},
	};
	char header[1024];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(header, sizeof(header), "Received: %s\r\nX: y\r\n",
		    rows[i].value);
		trace_of(header);
		if (trace.hops != rows[i].hops ||
		    trace.hops_tls != rows[i].hops_tls)
			fail_msg("%s: %d, %d", rows[i].value, trace.hops,
			    trace.hops_tls);
	}
}

static int
set_up(void **state)
{
	(void)state;
	arena_init(&arena, 1U << 20);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signatures),
	    cmocka_unit_test(test_many_signatures),
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_hops),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
