/*
 * Goal: a hit survives being written down, whatever clients say about
 * themselves; of an address only its network and a daily hash are kept.
 */
#include "api/hit.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_round_trip(void **state)
{
	struct hit in = {.at_us = 1700000000123456,
	    .delivery = (INT64_C(7) << 32) + 9,
	    .source = -5,
	    .headers = INT64_MIN,
	    .kind = HIT_CLICK,
	    .head = true,
	    .link = 4000000000,
	    .purpose = STR("prefetch"),
	    .agent = STR("A\x01\xff"),
	    .network = STR("192.0.2.0/24"),
	    .target = STR("https://example.com/\xc3\xa4")};
	char memory[HIT_RECORD_MAX];
	struct str record = hit_encode(memory, &in);
	struct hit out;
	size_t n;

	(void)state;
	assert_true(hit_decode(&out, record));
	assert_int_equal(out.at_us, in.at_us);
	assert_int_equal(out.delivery, in.delivery);
	assert_int_equal(out.source, -5);
	assert_int_equal(out.headers, INT64_MIN);
	assert_int_equal(out.kind, HIT_CLICK);
	assert_true(out.head);
	assert_int_equal(out.link, 4000000000);
	assert_true(str_eq(out.purpose, in.purpose));
	assert_true(str_eq(out.agent, STR("A??")));
	assert_true(str_eq(out.network, in.network));
	assert_true(str_eq(out.target, in.target));
	for (n = 0; n < record.n; n++)
		assert_false(hit_decode(&out, str_sub(record, 0, n)));
}

static void
test_everything_is_bounded(void **state)
{
	static char text[100000];
	struct hit in = {.purpose = {text, sizeof(text)},
	    .agent = {text, sizeof(text)},
	    .target = {text, sizeof(text)}};
	char memory[HIT_RECORD_MAX];
	struct hit out;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_true(hit_decode(&out, hit_encode(memory, &in)));
	assert_int_equal(out.purpose.n, HIT_PURPOSE_MAX);
	assert_int_equal(out.agent.n, HIT_AGENT_MAX);
	assert_int_equal(out.target.n, HIT_TARGET_MAX);
}

static struct hit
from(struct request *q, const char *address)
{
	assert_true(peer_parse(&q->peer, str_of(address)));
	return hit_of(q);
}

static void
test_of_a_request(void **state)
{
	struct settings settings = {.proxies = ""};
	struct api api = {.keyring = {.count = 1}, .settings = &settings};
	struct request q;
	struct hit a, b;

	(void)state;
	request_start(&q, &api);
	q.headers[q.header_count++] = (struct pair){STR("Accept"), STR("*")};
	a = from(&q, "192.0.2.7");
	b = from(&q, "192.0.2.8");
	assert_true(a.source != 0 && a.source != b.source);
	assert_int_equal(from(&q, "::ffff:192.0.2.7").source, a.source);
	assert_true(str_eq(a.network, STR("192.0.2.0/24")));
	assert_true(str_eq(from(&q, "2001:db8:1:2::3").network,
	    STR("2001:db8:1::/48")));
	assert_int_equal(from(&q, "127.0.0.1").source, 0);
	assert_int_equal(from(&q, "::1").network.n, 0);
	assert_int_equal(a.headers, b.headers);
	q.headers[0].name = STR("aCCEPT");
	assert_int_equal(hit_of(&q).headers, a.headers);
	q.headers[q.header_count++] =
	    (struct pair){STR("X-Moz"), STR("prefetch")};
	b = hit_of(&q);
	assert_true(b.headers != a.headers);
	assert_true(str_eq(b.purpose, STR("prefetch")));
	request_end(&q);
}

/* */
static void
test_proxies(void **state)
{
	static const struct {
		const char *direct, *forwarded, *want;
	} rows[] = {
	    {"192.0.2.1", "203.0.113.9", "192.0.2.1"}, /* says who? */
	    {"127.0.0.1", "203.0.113.9", "203.0.113.9"},
	    {"127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"},
	    {"127.0.0.1", "203.0.113.9,10.0.0.1", "203.0.113.9"},
	    {"127.0.0.1", " 2001:db8::1 ,\t10.0.0.1", "2001:db8::1"},
	    {"127.0.0.1", "10.0.0.1", "10.0.0.1"},
	    {"127.0.0.1", "", "127.0.0.1"},
	    {"127.0.0.1", "203.0.113.9, unknown", NULL},
	    {"127.0.0.1", "203.0.113.9,", NULL},
	    {"127.0.0.1", "<script>", NULL},
	};
	static const struct str ours = STR("127.0.0.1, 10.0.0.1");
	struct peer direct, want, got;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(peer_parse(&direct, str_of(rows[i].direct)));
		want = (struct peer){0};
		if (rows[i].want != NULL)
			assert_true(peer_parse(&want, str_of(rows[i].want)));
		got = peer_behind(direct, str_of(rows[i].forwarded), ours);
		assert_true(peer_eq(&got, &want));
	}
	assert_true(peer_list_check(ours));
	assert_true(peer_list_check(STR(" ")));
	assert_false(peer_list_check(STR("127.0.0.1 localhost")));
}

static void
test_addresses(void **state)
{
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "x",
	    "1.2.3.4 ", "::g", "[::1]", "1:2:3:4:5:6:7:8:9"};
	struct peer p, v4;
	struct sockaddr_in sa = {.sin_family = AF_INET};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(peer_parse(&p, str_of(bad[i])));
	inet_pton(AF_INET, "192.0.2.7", &sa.sin_addr);
	v4 = peer_of((struct sockaddr *)&sa);
	assert_true(peer_parse(&p, STR("192.0.2.7")));
	assert_true(peer_eq(&p, &v4));
	assert_true(peer_parse(&p, STR("2001:db8::7")));
	assert_false(peer_eq(&p, &v4));
	p = peer_of(NULL);
	assert_false(peer_is_public(&p));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_everything_is_bounded),
	    cmocka_unit_test(test_of_a_request),
	    cmocka_unit_test(test_proxies),
	    cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
