/*
 * Goal: what is kept of a campaign's links is all of them or nothing, and
 * campaigns do not get into each other's way.
 */
#include "api/link_cache.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static enum link_found
get(struct link_cache *c, int64_t campaign, uint32_t number, const char *url)
{
	struct arena a;
	struct str got = STR_NONE;
	enum link_found found;

	arena_init(&a, 1 << 20);
	found = link_cache_get(c, campaign, number, &a, &got);
	if (found == LINK_CACHE_LINK)
		assert_true(str_eq(got, str_of(url)));
	arena_release(&a);
	return found;
}

static void
test_all_links_of_a_campaign(void **state)
{
	static const struct link_target links[] = {{0, STR("https://a.test/")},
	    {3, STR("")}, {7, STR("https://b.test/")}};
	struct link_cache *c = link_cache_new();

	(void)state;
	assert_int_equal(get(c, 5, 0, ""), LINK_CACHE_MISS);
	link_cache_put(c, 5, links, ARRAY_LEN(links));
	assert_int_equal(get(c, 5, 0, "https://a.test/"), LINK_CACHE_LINK);
	assert_int_equal(get(c, 5, 3, ""), LINK_CACHE_LINK);
	assert_int_equal(get(c, 5, 7, "https://b.test/"), LINK_CACHE_LINK);
	assert_int_equal(get(c, 5, 1, ""), LINK_CACHE_NO_LINK);
	assert_int_equal(get(c, 5, UINT32_MAX, ""), LINK_CACHE_NO_LINK);
	assert_int_equal(get(c, 6, 0, ""), LINK_CACHE_MISS);
	assert_int_equal(get(c, 0, 0, ""), LINK_CACHE_MISS);
	link_cache_free(c);
}

static void
test_what_is_not_kept(void **state)
{
	static char text[LINK_CACHE_BYTES];
	struct link_target link = {1, {text, sizeof(text)}};
	struct link_cache *c = link_cache_new();

	(void)state;
	memset(text, 'x', sizeof(text));
	link_cache_put(c, 5, NULL, 0); /* a draft may still get some */
	link_cache_put(c, 6, &link, 1);
	assert_int_equal(get(c, 5, 1, ""), LINK_CACHE_MISS);
	assert_int_equal(get(c, 6, 1, ""), LINK_CACHE_MISS);
	link.url.n = 10;
	link_cache_put(c, 7, &link, 1);
	link_cache_put(c, 7 + LINK_CACHE_CAMPAIGNS, &link, 1);
	assert_int_equal(get(c, 7, 1, ""), LINK_CACHE_MISS);
	assert_int_equal(get(c, 7 + LINK_CACHE_CAMPAIGNS, 1, "xxxxxxxxxx"),
	    LINK_CACHE_LINK);
	link_cache_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_links_of_a_campaign),
	    cmocka_unit_test(test_what_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
