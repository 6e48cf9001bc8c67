/* The key file and what is sealed with its keys. */
#include "lib/base/keyring.h"

#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/base/file.h"

#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define KEY_C "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"

static void
load_text(struct keyring *ring, const char *path, const char *text)
{
	struct err err;

	assert_true(file_write(path, str_of(text), 0600, &err));
	if (!keyring_load(ring, path, &err))
		fail_msg("%s", err.text);
}

static void
the_first_start_makes_one_private_key(void **state)
{
	const char *path = scratch_path(*state, "new/home/master.key");
	struct keyring first, second;
	struct stat st;
	struct err err;
	struct buf text;

	assert_true(keyring_load(&first, path, &err));
	assert_int_equal(first.count, 1);
	assert_int_equal(first.keys[0].id, 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	buf_init(&text, 1000);
	assert_true(file_read(path, &text, &err));
	assert_int_equal(text.n, 2 + 64 + 1);
	assert_true(keyring_load(&second, path, &err));
	assert_memory_equal(&first, &second, sizeof(first));
	assert_memory_not_equal(first.keys[0].seal, first.keys[0].token,
	    KEY_SIZE);
	buf_release(&text);
	keyring_wipe(&first);
	assert_int_equal(first.count, 0);
}

static void
keys_are_derived_by_purpose(void **state)
{
	struct keyring ring;
	struct buf master;
	unsigned char want[KEY_SIZE];

	load_text(&ring, scratch_path(*state, "key"), "7 " KEY_A "\n");
	buf_init(&master, KEY_SIZE);
	assert_true(hex_decode(&master, STR(KEY_A)));
	hmac_sha256(want, buf_view(&master), STR("volley seal"));
	assert_memory_equal(ring.keys[0].seal, want, KEY_SIZE);
	hmac_sha256(want, buf_view(&master), STR("volley token"));
	assert_memory_equal(ring.keys[0].token, want, KEY_SIZE);
	buf_release(&master);
}

static void
a_file_that_others_may_read_is_refused(void **state)
{
	const char *path = scratch_path(*state, "key");
	struct keyring ring;
	struct err err;

	load_text(&ring, path, "1 " KEY_A "\n");
	assert_int_equal(chmod(path, 0644), 0);
	assert_false(keyring_load(&ring, path, &err));
	assert_int_equal(err.kind, FAIL_REFUSED);
	assert_non_null(strstr(err.text, "0644"));
	assert_non_null(strstr(err.text, path));
	assert_int_equal(ring.count, 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_false(keyring_load(&ring, path, &err));
	assert_int_equal(chmod(path, 0400), 0);
	assert_true(keyring_load(&ring, path, &err));
}

static void
garbage_in_the_file_is_refused(void **state)
{
	static const struct {
		const char *label, *text;
	} rows[] = {
	    {"empty", ""},
	    {"blank lines", "\n\n"},
	    {"no id", KEY_A "\n"},
	    {"id 0", "0 " KEY_A "\n"},
	    {"id 256", "256 " KEY_A "\n"},
	    {"negative id", "-1 " KEY_A "\n"},
	    {"a word for an id", "one " KEY_A "\n"},
	    {"short key", "1 0001\n"},
	    {"long key", "1 " KEY_A "00\n"},
	    {"not hex", "1 z" KEY_A "\n"},
	    {"no key", "1 \n"},
	    {"two keys", "1 " KEY_A " " KEY_B "\n"},
	    {"same id twice", "1 " KEY_A "\n1 " KEY_B "\n"},
	    {"bad second line", "1 " KEY_A "\nhello\n"},
	};
	const char *path = scratch_path(*state, "key");
	struct keyring ring;
	struct err err;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(file_write(path, str_of(rows[i].text), 0600, &err));
		if (keyring_load(&ring, path, &err))
			fail_msg("%s is accepted", rows[i].label);
		assert_int_equal(err.kind, FAIL_INPUT);
		assert_null(strstr(err.text, "0001"));
	}
	assert_non_null(strstr(err.text, ":2:"));
}

static void
at_most_sixteen_keys(void **state)
{
	const char *path = scratch_path(*state, "key");
	struct keyring ring;
	struct err err;
	struct buf text;
	int i;

	buf_init(&text, 4000);
	for (i = 1; i <= KEYRING_MAX; i++)
		buf_printf(&text, "%d " KEY_A "\n", i * 10);
	load_text(&ring, path, buf_cstr(&text));
	assert_int_equal(ring.count, KEYRING_MAX);
	for (i = 0; i < KEYRING_MAX; i++)
		assert_int_equal(ring.keys[i].id, (KEYRING_MAX - i) * 10);
	buf_puts(&text, "255 " KEY_B "\n");
	assert_true(file_write(path, buf_view(&text), 0600, &err));
	assert_false(keyring_load(&ring, path, &err));
	buf_release(&text);
}

/* Many first starts at once, each telling the key that it ended with. */
static void
first_starts_at_once_agree(void **state)
{
	enum { STARTS = 8, ROUNDS = 20 };
	struct keyring *rings = mmap(NULL, STARTS * sizeof(*rings),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char path[200];
	int gate[2], round, i, status;
	struct err err;
	char c;

	assert_ptr_not_equal(rings, MAP_FAILED);
	for (round = 0; round < ROUNDS; round++) {
		snprintf(path, sizeof(path), "%s/%d/key",
		    scratch_folder(*state), round);
		assert_int_equal(pipe(gate), 0);
		for (i = 0; i < STARTS; i++) {
			if (fork() != 0)
				continue;
			close(gate[1]);
			_exit(read(gate[0], &c, 1) != 0 ||
			      !keyring_load(&rings[i], path, &err));
		}
		close(gate[0]);
		close(gate[1]); /* all go */
		for (i = 0; i < STARTS; i++) {
			assert_true(wait(&status) > 0);
			assert_int_equal(status, 0);
		}
		for (i = 0; i < STARTS; i++) {
			assert_int_equal(rings[i].count, 1);
			assert_memory_equal(&rings[i], &rings[0],
			    sizeof(rings[0]));
		}
	}
	munmap(rings, STARTS * sizeof(*rings));
}

static void
what_is_sealed_opens_for_its_identity(void **state)
{
	struct keyring ring;
	struct buf sealed, again, plain;
	struct err err = {FAIL_NONE, ""};

	load_text(&ring, scratch_path(*state, "key"), "1 " KEY_A "\n");
	buf_init(&sealed, 1000);
	buf_init(&again, 1000);
	buf_init(&plain, 1000);
	seal(&ring, STR("smtp_account:7"), STR("hunter2\0x"), &sealed);
	assert_int_equal(sealed.n, 1 + 24 + 9 + 16);
	assert_int_equal(sealed.p[0], 1);
	assert_int_equal(str_find(buf_view(&sealed), STR("hunter2")),
	    STR_NOWHERE);
	buf_puts(&plain, ">");
	assert_true(unseal(&ring, STR("smtp_account:7"), buf_view(&sealed),
	    &plain, &err));
	assert_int_equal(plain.n, 10);
	assert_memory_equal(plain.p, ">hunter2\0x", 11);
	seal(&ring, STR("smtp_account:7"), STR("hunter2\0x"), &again);
	assert_false(str_eq(buf_view(&sealed), buf_view(&again)));
	assert_false(unseal(&ring, STR("smtp_account:8"), buf_view(&sealed),
	    &plain, &err));
	assert_int_equal(err.kind, FAIL_AUTH);
	assert_false(unseal(&ring, STR_NONE, buf_view(&sealed), &plain, &err));
	assert_int_equal(plain.n, 10);
	assert_int_equal(plain.p[10], '\0');
	buf_release(&sealed);
	buf_release(&again);
	buf_release(&plain);
}

static void
sizes_of_sealed_values(void **state)
{
	static const size_t sizes[] = {0, 1, 63, 64, 65, 4096, SEAL_PLAIN_MAX};
	static char bytes[SEAL_PLAIN_MAX];
	struct keyring ring;
	struct buf sealed, plain;
	struct err err;
	size_t i;

	load_text(&ring, scratch_path(*state, "key"), "1 " KEY_A "\n");
	random_bytes(bytes, sizeof(bytes));
	buf_init(&sealed, SEAL_PLAIN_MAX + 100);
	buf_init(&plain, SEAL_PLAIN_MAX);
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		struct str in = {bytes, sizes[i]};

		buf_reset(&sealed);
		buf_reset(&plain);
		seal(&ring, STR("x"), in, &sealed);
		assert_true(
		    unseal(&ring, STR("x"), buf_view(&sealed), &plain, &err));
		assert_true(str_eq(buf_view(&plain), in));
	}
	assert_false(unseal(&ring, STR("x"), buf_view(&sealed), &plain, &err));
	assert_int_equal(err.kind, FAIL_LIMIT);
	buf_release(&sealed);
	buf_release(&plain);
}

static void
every_changed_byte_is_noticed(void **state)
{
	struct keyring ring;
	struct buf sealed, plain;
	struct err err;
	size_t i;

	load_text(&ring, scratch_path(*state, "key"),
	    "1 " KEY_A "\n2 " KEY_B "\n3 " KEY_C "\n");
	buf_init(&sealed, 1000);
	buf_init(&plain, 1000);
	seal(&ring, STR("x"), STR("secret"), &sealed);
	for (i = 0; i < sealed.n; i++) {
		sealed.p[i] ^= 1;
		if (unseal(&ring, STR("x"), buf_view(&sealed), &plain, &err))
			fail_msg("byte %zu", i);
		sealed.p[i] ^= 1;
	}
	for (i = 0; i < sealed.n; i++)
		if (unseal(&ring, STR("x"), (struct str){sealed.p, i}, &plain,
			&err))
			fail_msg("length %zu", i);
	buf_char(&sealed, 'x');
	assert_false(unseal(&ring, STR("x"), buf_view(&sealed), &plain, &err));
	assert_int_equal(plain.n, 0);
	buf_release(&sealed);
	buf_release(&plain);
}

static void
old_keys_open_new_ones_seal(void **state)
{
	const char *path = scratch_path(*state, "key");
	struct keyring ring;
	struct buf old, new, plain;
	struct err err;

	buf_init(&old, 1000);
	buf_init(&new, 1000);
	buf_init(&plain, 1000);
	load_text(&ring, path, "1 " KEY_A "\n");
	seal(&ring, STR("x"), STR("old"), &old);
	load_text(&ring, path, "1 " KEY_A "\n\n9 " KEY_B "\n4 " KEY_C);
	assert_int_equal(ring.count, 3);
	assert_int_equal(ring.keys[0].id, 9);
	assert_int_equal(ring.keys[2].id, 1);
	seal(&ring, STR("x"), STR("new"), &new);
	assert_int_equal(new.p[0], 9);
	assert_true(unseal(&ring, STR("x"), buf_view(&old), &plain, &err));
	assert_true(unseal(&ring, STR("x"), buf_view(&new), &plain, &err));
	assert_string_equal(buf_cstr(&plain), "oldnew");
	load_text(&ring, path, "9 " KEY_B "\n");
	assert_false(unseal(&ring, STR("x"), buf_view(&old), &plain, &err));
	assert_int_equal(err.kind, FAIL_MISSING);
	assert_non_null(strstr(err.text, "key 1"));
	buf_release(&old);
	buf_release(&new);
	buf_release(&plain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SCRATCH_TEST(the_first_start_makes_one_private_key),
	    SCRATCH_TEST(keys_are_derived_by_purpose),
	    SCRATCH_TEST(a_file_that_others_may_read_is_refused),
	    SCRATCH_TEST(garbage_in_the_file_is_refused),
	    SCRATCH_TEST(at_most_sixteen_keys),
	    SCRATCH_TEST(first_starts_at_once_agree),
	    SCRATCH_TEST(what_is_sealed_opens_for_its_identity),
	    SCRATCH_TEST(sizes_of_sealed_values),
	    SCRATCH_TEST(every_changed_byte_is_noticed),
	    SCRATCH_TEST(old_keys_open_new_ones_seal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
