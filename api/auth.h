/*
 * auth.h - API keys.
 *
 * "vk_" PREFIX "_" SECRET: eight characters that find the row, and 256
 * random bits in base32.  Only the SHA-256 of the whole is stored; it is compared in
 * constant time.  Rows that were found are remembered for KEY_CACHE_MS, so
 * that long does a revoked key live on.
 */
#ifndef API_AUTH_H
#define API_AUTH_H

#include "api/request.h"
#include "lib/base/digest.h"

#define KEY_PREFIX_LEN 8
#define KEY_SECRET_LEN 52
#define KEY_LEN        (3 + KEY_PREFIX_LEN + 1 + KEY_SECRET_LEN)
#define KEY_CACHE_MS   5000

struct api_key {
	char text[KEY_LEN + 1];
	char prefix[KEY_PREFIX_LEN + 1];
	unsigned char hash[SHA256_SIZE];
};

void api_key_make(struct api_key *key);
/* false when it does not have the shape of a key. */
bool api_key_parse(struct api_key *key, struct str text) MUST_USE;

struct key_cache *key_cache_new(void);
void key_cache_free(struct key_cache *cache);

/* Who asks, by key or, without an Authorization, by session (session.h): sets
 * q->access and who it is; answers 401, 403 or 429 otherwise. */
bool auth_check(struct request *q) MUST_USE;

/* volley key create | list | revoke */
int key_main(int argc, char **argv, const struct settings *settings);

#endif
