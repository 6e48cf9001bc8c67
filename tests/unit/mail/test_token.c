/* Goal: our own tokens are opened however they were mangled, nothing else
 * ever is. */
#include "lib/mail/token.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint64_t seed = 88172645463325252U;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A ring with these key ids, each key filled with its id. */
static struct keyring
ring_of(int count, const uint8_t *ids)
{
	struct keyring ring = {.count = count};
	int i;

	for (i = 0; i < count; i++) {
		ring.keys[i].id = ids[i];
		memset(ring.keys[i].token, ids[i], KEY_SIZE);
	}
	return ring;
}

static const uint8_t one_id[] = {7};

static void
fold_case(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'a' && *text <= 'z' && next_random() % 2 == 0)
			*text = (char)(*text - 32);
}

static void
tokens_open_in_any_case(void **state)
{
	struct keyring ring = ring_of(1, one_id);
	struct token t, back;
	char text[TOKEN_LEN + 1];
	int i, j;

	(void)state;
	for (i = 0; i < 100000; i++) {
		t.delivery = (int64_t)(next_random() >> (1 + i % 62));
		t.delivery += t.delivery == 0;
		t.day = (int)(next_random() % 65536);
		token_make(text, &ring, &t);
		assert_int_equal(strlen(text), TOKEN_LEN);
		for (j = 0; j < TOKEN_LEN; j++)
			assert_true((text[j] >= 'a' && text[j] <= 'z') ||
				    (text[j] >= '2' && text[j] <= '7'));
		fold_case(text);
		assert_true(token_open(&back, &ring, str_of(text)));
		assert_true(back.delivery == t.delivery);
		assert_int_equal(back.day, t.day);
	}
}

static void
the_ends_of_the_ranges_open(void **state)
{
	static const struct token rows[] = {{1, 0}, {INT64_MAX, 65535},
	    {1, 65535}, {INT64_MAX, 0}};
	struct keyring ring = ring_of(1, one_id);
	struct token back;
	char text[TOKEN_LEN + 1];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		token_make(text, &ring, &rows[i]);
		assert_true(token_open(&back, &ring, str_of(text)));
		assert_true(back.delivery == rows[i].delivery);
		assert_int_equal(back.day, rows[i].day);
	}
}

static void
random_strings_do_not_open(void **state)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	struct keyring ring = ring_of(1, one_id);
	struct token t;
	char text[TOKEN_LEN + 1], made[TOKEN_LEN + 1];
	int i, j, opened = 0;

	(void)state;
	token_make(made, &ring, &(struct token){1, 1});
	for (i = 0; i < 100000; i++) {
		for (j = 0; j < TOKEN_LEN; j++)
			text[j] = alphabet[next_random() >> 59];
		if (i % 2 == 0) { /* the right key id, an even end */
			memcpy(text, made, 2);
			text[TOKEN_LEN - 1] = made[TOKEN_LEN - 1];
		}
		opened += token_open(&t, &ring, (struct str){text, TOKEN_LEN});
	}
	assert_int_equal(opened, 0);
}

static void
another_key_does_not_open(void **state)
{
	static const uint8_t old[] = {1}, both[] = {2, 1}, next[] = {2};
	struct keyring first = ring_of(1, old), rotated = ring_of(2, both);
	struct keyring later = ring_of(1, next), other = ring_of(1, old);
	struct token t;
	char text[TOKEN_LEN + 1];

	(void)state;
	token_make(text, &first, &(struct token){42, 20000});
	assert_true(token_open(&t, &rotated, str_of(text)));
	assert_false(token_open(&t, &later, str_of(text)));
	other.keys[0].token[31] ^= 1;
	assert_false(token_open(&t, &other, str_of(text)));
	/* The current key signs. */
	token_make(text, &rotated, &(struct token){42, 20000});
	assert_false(token_open(&t, &first, str_of(text)));
	assert_true(token_open(&t, &later, str_of(text)));
}

static void
a_changed_character_does_not_open(void **state)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	struct keyring ring = ring_of(1, one_id);
	struct token t;
	char text[TOKEN_LEN + 1], was;
	size_t i, j;

	(void)state;
	token_make(text, &ring, &(struct token){123456789, 20000});
	for (i = 0; i < TOKEN_LEN; i++) {
		was = text[i];
		for (j = 0; j < 32; j++) {
			text[i] = alphabet[j];
			assert_int_equal(token_open(&t, &ring, str_of(text)),
			    text[i] == was);
		}
		text[i] = was;
	}
	assert_false(token_open(&t, &ring, str_sub(str_of(text), 0, 33)));
	assert_false(token_open(&t, &ring, str_sub(str_of(text), 1, 33)));
	assert_false(token_open(&t, &ring, STR_NONE));
}

static void
it_is_found_where_it_was_put(void **state)
{
	static const struct {
		const char *before;
		int n; /* so many characters of a token */
		const char *after;
	} rows[] = {
	    {"", TOKEN_LEN, ""},
	    {"bounces+", TOKEN_LEN, "@example.com"},
	    {"bounces=", TOKEN_LEN, "@example.com"},
	    {"<bounces-", TOKEN_LEN, "@example.com>"},
	    {"<", TOKEN_LEN, "@example.com>"},
	    {"https://example.com/u/", TOKEN_LEN, ""},
	    {"https://example.com/o/", TOKEN_LEN, ".gif"},
	    {"bounces%2B", TOKEN_LEN, "%40example.com"},
	    {"x", TOKEN_LEN, "x"},
	    {"SRS0=ab1c=x7=example.com=b+", TOKEN_LEN, "@example.org"},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ", TOKEN_LEN, ""},
	    {"b+", TOKEN_LEN - 1, "@example.com"},
	    {"b+", 20, "=aaaaaaaaaaaaaa@example.com"},
	    {"", 0, ""},
	};
	struct keyring ring = ring_of(1, one_id);
	char token[TOKEN_LEN + 1], text[200];
	struct token t = {0, 0};
	size_t i;
	bool found;

	(void)state;
	token_make(token, &ring, &(struct token){77, 20000});
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(text, sizeof(text), "%s%.*s%s", rows[i].before,
		    rows[i].n, token, rows[i].after);
		found = token_find(&t, &ring, str_of(text));
		if (found != (rows[i].n == TOKEN_LEN))
			fail_msg("%s", text);
		assert_true(!found || t.delivery == 77);
	}
}

/* The form is fixed: links and return paths in the world rely on it. */
static void
its_form_stays(void **state)
{
	static const char want[] = "a4aaaai7oh5qjs2oed732grccimls6yz2a";
	struct keyring ring = ring_of(1, one_id);
	char text[TOKEN_LEN + 1];

	(void)state;
	token_make(text, &ring, &(struct token){1234567890123, 20000});
	assert_string_equal(text, want);
}

/* Neither opens what the other is for. */
static void
click_ids_are_no_tokens(void **state)
{
	struct keyring ring = ring_of(1, one_id);
	struct token t = {1234567890123, 20000}, back = {0, 0};
	char token[TOKEN_LEN + 1], click[TOKEN_LEN + 1];

	(void)state;
	token_make(token, &ring, &t);
	token_make_click(click, &ring, &t);
	assert_int_equal(strlen(click), TOKEN_LEN);
	assert_true(token_open_click(&back, &ring, str_of(click)));
	assert_int_equal(back.delivery, t.delivery);
	assert_int_equal(back.day, t.day);
	assert_false(token_open(&back, &ring, str_of(click)));
	assert_false(token_open_click(&back, &ring, str_of(token)));
	assert_false(token_find(&back, &ring, str_of(click)));
	click[20] = click[20] == 'a' ? 'b' : 'a';
	assert_false(token_open_click(&back, &ring, str_of(click)));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tokens_open_in_any_case),
	    cmocka_unit_test(the_ends_of_the_ranges_open),
	    cmocka_unit_test(random_strings_do_not_open),
	    cmocka_unit_test(another_key_does_not_open),
	    cmocka_unit_test(a_changed_character_does_not_open),
	    cmocka_unit_test(it_is_found_where_it_was_put),
	    cmocka_unit_test(its_form_stays),
	    cmocka_unit_test(click_ids_are_no_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
