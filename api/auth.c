#include "api/auth.h"

#include "api/problem.h"
#include "api/session.h"
#include "api/stranger.h"
#include "lib/base/clock.h"
#include "lib/base/encode.h"
#include "lib/base/mem.h"

#include <pthread.h>

#define CACHE_SIZE 64
#define DB_WAIT_MS 5000

/* A key that was found in the database. */
struct known_key {
	char prefix[KEY_PREFIX_LEN + 1];
	unsigned char hash[SHA256_SIZE];
	int64_t id;
	enum access access;
	int64_t found_ms;
};

struct key_cache {
	pthread_mutex_t lock;
	struct known_key keys[CACHE_SIZE];
	size_t next; /* to be overwritten */
};

static void
random_text(char *out, size_t n)
{
	unsigned char bytes[64];
	struct buf text;

	random_bytes(bytes, sizeof(bytes));
	buf_init(&text, 128);
	base32_encode(&text, (struct str){(char *)bytes, sizeof(bytes)});
	memcpy(out, text.p, n);
	out[n] = '\0';
	buf_wipe(&text);
	explicit_bzero(bytes, sizeof(bytes));
}

void
api_key_make(struct api_key *key)
{
	char prefix[KEY_PREFIX_LEN + 1], secret[KEY_SECRET_LEN + 1];
	char text[KEY_LEN + 1];
	bool ours;

	random_text(prefix, KEY_PREFIX_LEN);
	random_text(secret, KEY_SECRET_LEN);
	snprintf(text, sizeof(text), "vk_%s_%s", prefix, secret);
	ours = api_key_parse(key, str_of(text));
	if (!ours)
		BUG("made a key that does not parse");
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(text, sizeof(text));
}

static bool
is_base32(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
			(s.p[i] >= '2' && s.p[i] <= '7')))
			return false;
	return true;
}

bool
api_key_parse(struct api_key *key, struct str text)
{
	struct str prefix = str_sub(text, 3, KEY_PREFIX_LEN);

	if (text.n != KEY_LEN || !str_starts(text, STR("vk_")) ||
	    text.p[3 + KEY_PREFIX_LEN] != '_' || !is_base32(prefix) ||
	    !is_base32(str_from(text, KEY_LEN - KEY_SECRET_LEN)))
		return false;
	memcpy(key->text, text.p, KEY_LEN);
	key->text[KEY_LEN] = '\0';
	memcpy(key->prefix, prefix.p, KEY_PREFIX_LEN);
	key->prefix[KEY_PREFIX_LEN] = '\0';
	sha256(key->hash, text);
	return true;
}

struct key_cache *
key_cache_new(void)
{
	struct key_cache *cache = NEW(struct key_cache);

	pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

void
key_cache_free(struct key_cache *cache)
{
	if (cache == NULL)
		return;
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static bool
cache_get(struct key_cache *cache, const char *prefix, struct known_key *out)
{
	int64_t oldest = clock_mono_ms() - KEY_CACHE_MS;
	bool found = false;
	size_t i;

	pthread_mutex_lock(&cache->lock);
	for (i = 0; i < CACHE_SIZE && !found; i++) {
		*out = cache->keys[i];
		found = out->id != 0 && out->found_ms > oldest &&
			strcmp(out->prefix, prefix) == 0;
	}
	pthread_mutex_unlock(&cache->lock);
	return found;
}

static void
cache_put(struct key_cache *cache, const struct known_key *key)
{
	pthread_mutex_lock(&cache->lock);
	cache->keys[cache->next] = *key;
	cache->next = (cache->next + 1) % CACHE_SIZE;
	pthread_mutex_unlock(&cache->lock);
}

static bool
same_hash(const struct known_key *known, const struct api_key *key)
{
	return equal_secret(
	    (struct str){(const char *)known->hash, SHA256_SIZE},
	    (struct str){(const char *)key->hash, SHA256_SIZE});
}

/* Reads the row into `known` (id 0: there is none) and notes that a key
 * which proves right was used. */
static bool
look_up(struct request *q, struct db *db, const struct api_key *key,
    struct known_key *known, struct err *err)
{
	struct db_result r = {NULL};
	struct str hash;
	bool ok = true;

	if (!db_run(db, Q_API_KEY_FIND, DB_ARGS(db_cstr(key->prefix)), &r, err))
		return false;
	if (db_rows(&r) > 0) {
		hash = db_get_bytes(&r, 0, 1, &q->arena);
		if (hash.n != SHA256_SIZE ||
		    !access_parse(db_get_text(&r, 0, 2), &known->access))
			BUG("api_key %s is damaged", key->prefix);
		memcpy(known->hash, hash.p, SHA256_SIZE);
		known->id = db_get_int(&r, 0, 0);
		if (same_hash(known, key) && db_get_bool(&r, 0, 3))
			ok = db_run(db, Q_API_KEY_USED,
			    DB_ARGS(db_int(known->id)), NULL, err);
	}
	db_result_free(&r);
	return ok;
}

/* false: the database could not be asked. */
static bool
find_key(struct request *q, const struct api_key *key, struct known_key *known)
{
	struct err err = {0};
	struct db *db;
	bool ok;

	if (cache_get(q->api->keys, key->prefix, known))
		return true;
	if (!stranger_may_ask(q))
		return false;
	*known = (struct known_key){.found_ms = clock_mono_ms()};
	memcpy(known->prefix, key->prefix, sizeof(known->prefix));
	ok = db_pool_take(q->api->pool, DB_WAIT_MS, &db, &err);
	if (ok) {
		ok = look_up(q, db, key, known, &err);
		if (!ok && err.kind == FAIL_IO) /* closed since its last use */
			ok = look_up(q, db, key, known, &err);
		db_pool_give(q->api->pool, db);
	}
	if (!ok)
		problem_db(q, &err);
	else if (known->id != 0 && same_hash(known, key))
		cache_put(q->api->keys, known);
	return ok;
}

static bool
refuse(struct request *q)
{
	stranger_refuse(q,
	    "a valid API key is needed: Authorization: Bearer vk_...");
	return false;
}

static bool
check_key(struct request *q, struct str authorization)
{
	struct known_key known;
	struct api_key key;

	if (!str_starts_nocase(authorization, STR("Bearer ")) ||
	    !api_key_parse(&key, str_trim(str_from(authorization, 7))))
		return refuse(q);
	if (!find_key(q, &key, &known))
		return false;
	if (known.id == 0 || !same_hash(&known, &key))
		return refuse(q);
	q->key_id = known.id;
	q->access = known.access;
	return true;
}

static bool
check_who(struct request *q)
{
	struct str authorization = request_header(q, "Authorization");

	if (authorization.p == NULL && request_header(q, "Cookie").p != NULL)
		return session_check(q);
	return check_key(q, str_trim(authorization));
}

/* Not more than one of five people, or a program, has reason to. */
static bool
check_rate(struct request *q)
{
	struct throttle_rate rate = {q->key_id != 0 ? "key" : "user",
	    q->api->settings->requests_a_minute};
	int64_t id = q->key_id != 0 ? q->key_id : q->user_id;

	if (throttle_take(q->api->throttle, rate,
		(struct str){(const char *)&id, sizeof(id)}, &q->rate))
		return true;
	problem(q, 429, "more than %lld requests a minute",
	    (long long)rate.a_minute);
	reply_header(q, "Retry-After", "%lld", (long long)q->rate.wait_s);
	return false;
}

bool
auth_check(struct request *q)
{
	if (!check_who(q) || !check_rate(q))
		return false;
	if (q->access >= q->route->access)
		return true;
	problem(q, 403, "this needs the scope %s",
	    access_name(q->route->access));
	return false;
}
