/* Goal: every phrase of a list is found wherever it stands, and nothing else
 * is, as a search for each of them would have it; in linear time. */
#include "lib/mail/phrases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FOUND_MAX 4096

/* Places in the list as they are found, each with a blank after it. */
static void
check_found(const char *const *list, size_t n, const char *text,
    const char *want)
{
	struct phrases *set = phrases_new(list, n);
	struct phrases_scan s;
	char found[200] = "";
	size_t used = 0;
	int place;

	phrases_scan_init(&s, set, str_of(text));
	while ((place = phrases_next(&s)) >= 0)
		used += (size_t)snprintf(found + used, sizeof(found) - used,
		    "%d ", place);
	assert_int_equal(phrases_next(&s), -1);
	assert_string_equal(found, want);
	phrases_free(set);
}

static void
phrases_are_found_in_the_order_of_their_ends(void **state)
{
	static const char *const words[] = {"he", "she", "his", "hers"};
	static const char *const same[] = {"full", "mailbox full", "FULL",
	    "box full", " full "};

	(void)state;
	check_found(words, 4, "ushers", "1 0 3 ");
	check_found(words, 4, "hishershe", "2 1 0 3 1 0 ");
	check_found(words, 4, "", "");
	check_found(words, 4, "xyz", "");
	check_found(words, 0, "ushers", "");
	check_found(same, 5, "Mailbox full", "1 3 0 2 4 ");
	check_found(same, 5, "fulls", "0 2 ");
}

static void
case_and_white_space_do_not_count(void **state)
{
	static const char *const list[] = {" rbl ", "user unknown",
	    "Ящик переполнен", "wasn't found", "über quota"};

	(void)state;
	check_found(list, 5, "RBL", "0 ");
	check_found(list, 5, "the\trbl\r\n", "0 ");
	check_found(list, 5, "rbl user \r\n\t UNKNOWN", "0 1 ");
	check_found(list, 5, "verblunsen useruunknown", "");
	check_found(list, 5, "ящик  ПЕРЕПОЛНЕН", "2 ");
	check_found(list, 5, "wasn\u2019t\u00a0found", "3 ");
	check_found(list, 5, "ÜBER Quota", "4 ");
}

static void
bytes_that_are_no_text_do_no_harm(void **state)
{
	static const char *const list[] = {"\xff\xfe", "b", "\xd0"};
	static const char text[] = {'\xff', '\xfe', '\0', 'b', '\xd0'};
	struct phrases *set = phrases_new(list, 3);
	struct phrases_scan s;

	(void)state;
	phrases_scan_init(&s, set, (struct str){text, sizeof(text)});
	assert_int_equal(phrases_next(&s), 0);
	assert_int_equal(phrases_next(&s), 1);
	assert_int_equal(phrases_next(&s), 2);
	assert_int_equal(phrases_next(&s), -1);
	phrases_free(set);
}

static void
the_first_of_the_list_comes_first(void **state)
{
	static const char *const list[] = {"gamma", "beta", "alpha"};
	struct phrases *set = phrases_new(list, 3);

	(void)state;
	assert_int_equal(phrases_first(set, STR("alpha beta")), 1);
	assert_int_equal(phrases_first(set, STR("alphagamma")), 0);
	assert_int_equal(phrases_first(set, STR("delta")), -1);
	assert_int_equal(phrases_first(set, STR_NONE), -1);
	phrases_free(set);
}

/* Small and reproducible. */
static unsigned
next_random(unsigned *seed)
{
	*seed = *seed * 1103515245U + 12345U;
	return *seed >> 16;
}

static void
random_text(unsigned *seed, char *out, size_t max, const char *letters)
{
	size_t n = next_random(seed) % max + 1, i;

	for (i = 0; i < n; i++)
		out[i] = letters[next_random(seed) % strlen(letters)];
	out[n] = '\0';
}

/* Lower case, single blanks; as a text with one at both ends. */
static void
plain(char *out, const char *text, bool whole)
{
	bool blank = whole;

	if (whole)
		*out++ = ' ';
	for (; *text != '\0'; text++) {
		if (*text == ' ' && blank)
			continue;
		blank = *text == ' ';
		*out++ = str_lower_char(*text);
	}
	if (whole && !blank)
		*out++ = ' ';
	*out = '\0';
}

struct naive {
	char phrases[40][16];
	const char *list[40];
	size_t n;
	int found[FOUND_MAX];
	size_t count;
};

/* For each end the phrases that end there: longest first, then as listed. */
static void
find_naively(struct naive *v, const char *text)
{
	size_t end, len, i;

	v->count = 0;
	for (end = 1; end <= strlen(text); end++)
		for (len = 16; len > 0; len--)
			for (i = 0; i < v->n; i++)
				if (strlen(v->phrases[i]) == len &&
				    len <= end &&
				    memcmp(text + end - len, v->phrases[i],
					len) == 0)
					v->found[v->count++] = (int)i;
}

static void
it_finds_what_a_plain_search_finds(void **state)
{
	struct naive v;
	struct phrases *set;
	struct phrases_scan s;
	char raw[80], text[80], phrase[16];
	unsigned seed = 1;
	size_t round, i, total = 0;

	(void)state;
	for (round = 0; round < 5000; round++) {
		v.n = next_random(&seed) % 40;
		for (i = 0; i < v.n; i++) {
			random_text(&seed, phrase, 8, "aabBc ");
			plain(v.phrases[i], phrase, false);
			v.list[i] = v.phrases[i];
		}
		random_text(&seed, raw, 60, "aAabBc  ");
		plain(text, raw, true);
		find_naively(&v, text);
		set = phrases_new(v.list, v.n);
		phrases_scan_init(&s, set, str_of(raw));
		for (i = 0; i < v.count; i++)
			assert_int_equal(phrases_next(&s), v.found[i]);
		assert_int_equal(phrases_next(&s), -1);
		phrases_free(set);
		total += v.count;
	}
	assert_true(total > 50000);
}

/* The worst text for the worst list: each byte ends a long beginning that
 * fails, and many phrases fail to follow. */
static void
time_is_linear_in_the_text(void **state)
{
	static char text[2000000];
	char phrases[50][PHRASE_MAX + 1];
	const char *list[50];
	struct phrases *set;
	struct phrases_scan s;
	clock_t from = clock();
	size_t i;

	(void)state;
	for (i = 0; i < 50; i++) {
		memset(phrases[i], 'a', 100 + i);
		phrases[i][100 + i] = 'b';
		phrases[i][101 + i] = '\0';
		list[i] = phrases[i];
	}
	memset(text, 'a', sizeof(text));
	set = phrases_new(list, 50);
	phrases_scan_init(&s, set, (struct str){text, sizeof(text)});
	assert_int_equal(phrases_next(&s), -1);
	assert_true(clock() - from < 5 * CLOCKS_PER_SEC);
	phrases_free(set);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(phrases_are_found_in_the_order_of_their_ends),
	    cmocka_unit_test(case_and_white_space_do_not_count),
	    cmocka_unit_test(bytes_that_are_no_text_do_no_harm),
	    cmocka_unit_test(the_first_of_the_list_comes_first),
	    cmocka_unit_test(it_finds_what_a_plain_search_finds),
	    cmocka_unit_test(time_is_linear_in_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
