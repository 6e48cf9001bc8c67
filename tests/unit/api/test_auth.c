/* API keys: their shape, what is stored, who gets in. */
#include "api/auth.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/support/pg.h"

static struct settings settings; /* no limits, no proxies */
static struct api api = {.settings = &settings};
static struct db *db;

static void
shape(void **state)
{
	struct api_key a, b, parsed;
	char text[KEY_LEN + 1];
	size_t i;

	(void)state;
	api_key_make(&a);
	api_key_make(&b);
	assert_int_equal(strlen(a.text), KEY_LEN);
	assert_string_not_equal(a.text, b.text);
	assert_string_not_equal(a.prefix, b.prefix);
	assert_true(api_key_parse(&parsed, str_of(a.text)));
	assert_string_equal(parsed.prefix, a.prefix);
	assert_memory_equal(parsed.hash, a.hash, SHA256_SIZE);
	assert_memory_not_equal(a.hash, b.hash, SHA256_SIZE);
	for (i = 0; i < KEY_LEN; i++) {
		memcpy(text, a.text, sizeof(text));
		text[i] = text[i] == '_' ? '-' : '_';
		assert_false(api_key_parse(&parsed, str_of(text)));
	}
	assert_false(api_key_parse(&parsed, str_sub(str_of(a.text), 0, 63)));
	assert_false(api_key_parse(&parsed, STR("")));
}

static void
store(const struct api_key *key, const char *scope, int64_t days)
{
	struct err err;

	assert_true(db_run(db, Q_API_KEY_INSERT,
	    DB_ARGS(db_cstr("test"), db_cstr(key->prefix),
		db_bytes((struct str){(const char *)key->hash, SHA256_SIZE}),
		db_cstr(scope), db_int_or_null(days, days != 0)),
	    NULL, &err));
}

/* Status of a request with that header on a route that needs `access`. */
static int
ask(const char *header, enum access access)
{
	struct route route = {.pattern = "/test", .access = access};
	struct request q;
	int status;

	request_start(&q, &api);
	q.route = &route;
	if (header != NULL)
		q.headers[q.header_count++] =
		    (struct pair){STR("authorization"), str_of(header)};
	if (auth_check(&q)) {
		assert_int_not_equal(q.key_id, 0);
		assert_int_equal(q.reply.status, 0);
		status = 200;
	} else {
		status = q.reply.status;
	}
	request_end(&q);
	return status;
}

static int
ask_with(const struct api_key *key, enum access access)
{
	char header[100];

	snprintf(header, sizeof(header), "Bearer %s", key->text);
	return ask(header, access);
}

static void
scopes(void **state)
{
	static const struct {
		const char *scope;
		int read, write, admin;
	} rows[] = {
	    {"read", 200, 403, 403},
	    {"write", 200, 200, 403},
	    {"admin", 200, 200, 200},
	};
	struct api_key key;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].scope);
		api_key_make(&key);
		store(&key, rows[i].scope, 0);
		assert_int_equal(ask_with(&key, ACCESS_READ), rows[i].read);
		assert_int_equal(ask_with(&key, ACCESS_WRITE), rows[i].write);
		assert_int_equal(ask_with(&key, ACCESS_ADMIN), rows[i].admin);
	}
}

static void
refused(void **state)
{
	struct api_key key, other;
	char header[200];

	(void)state;
	api_key_make(&key);
	store(&key, "admin", 0);
	assert_int_equal(ask(NULL, ACCESS_READ), 401);
	assert_int_equal(ask("", ACCESS_READ), 401);
	assert_int_equal(ask("Bearer", ACCESS_READ), 401);
	assert_int_equal(ask("Bearer ", ACCESS_READ), 401);
	assert_int_equal(ask(key.text, ACCESS_READ), 401);
	snprintf(header, sizeof(header), "Basic %s", key.text);
	assert_int_equal(ask(header, ACCESS_READ), 401);
	snprintf(header, sizeof(header), "Bearer %sx", key.text);
	assert_int_equal(ask(header, ACCESS_READ), 401);
	snprintf(header, sizeof(header), "bearer  %s ", key.text);
	assert_int_equal(ask(header, ACCESS_READ), 200);

	other = key; /* right prefix, wrong secret: before and after caching */
	other.text[KEY_LEN - 1] = key.text[KEY_LEN - 1] == 'a' ? 'b' : 'a';
	assert_int_equal(ask_with(&other, ACCESS_READ), 401);
	api_key_make(&other); /* not in the database */
	assert_int_equal(ask_with(&other, ACCESS_READ), 401);
}

static void
expired_and_revoked(void **state)
{
	struct api_key key;

	(void)state;
	api_key_make(&key);
	store(&key, "admin", -1);
	assert_int_equal(ask_with(&key, ACCESS_READ), 401);
	api_key_make(&key);
	store(&key, "admin", 1);
	assert_int_equal(ask_with(&key, ACCESS_READ), 200);
	pg_sql(db, "UPDATE api_key SET revoked_at = now() WHERE prefix = '%s'",
	    key.prefix);
	key_cache_free(api.keys); /* as five seconds would */
	api.keys = key_cache_new();
	assert_int_equal(ask_with(&key, ACCESS_READ), 401);
}

static void
wrong_secret_is_not_cached(void **state)
{
	struct api_key key, wrong;

	(void)state;
	api_key_make(&key);
	store(&key, "admin", 0);
	wrong = key;
	wrong.text[20] = key.text[20] == 'a' ? 'b' : 'a';
	assert_int_equal(ask_with(&wrong, ACCESS_READ), 401);
	assert_int_equal(ask_with(&key, ACCESS_READ), 200);
	assert_int_equal(ask_with(&wrong, ACCESS_READ), 401);
}

/* the database holds nothing that opens anything. */
static void
only_the_hash_is_stored(void **state)
{
	struct db_result r = {NULL};
	struct api_key key;
	struct err err;

	(void)state;
	api_key_make(&key);
	store(&key, "read", 0);
	assert_int_equal(ask_with(&key, ACCESS_READ), 200);
	assert_true(
	    db_run(db, Q_API_KEY_FIND, DB_ARGS(db_cstr(key.prefix)), &r, &err));
	assert_int_equal(db_rows(&r), 1);
	assert_null(strstr(db_get_text(&r, 0, 1).p, key.text + 12));
	assert_false(db_get_bool(&r, 0, 3)); /* used just now */
	db_result_free(&r);
}

static int
setup(void **state)
{
	const char *conninfo = pg_migrated();
	struct err err;

	(void)state;
	api.pool = db_pool_new(conninfo, 2, DB_UNPREPARED);
	api.keys = key_cache_new();
	api.throttle = throttle_new();
	return db_open(&db, conninfo, DB_UNPREPARED, &err) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	throttle_free(api.throttle);
	key_cache_free(api.keys);
	db_pool_free(api.pool);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shape),
	    cmocka_unit_test(scopes),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(expired_and_revoked),
	    cmocka_unit_test(wrong_secret_is_not_cached),
	    cmocka_unit_test(only_the_hash_is_stored),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
