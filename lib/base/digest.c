#include "lib/base/digest.h"

#include "lib/base/err.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define KEY_KEPT_MAX 64 /* a longer one is taken in anew each time */

/* All of this fails only for want of memory (or without OpenSSL's default
 * provider, which is the same: no reason to go on). */
static void
must(bool done)
{
	if (!done)
		die("out of memory in SHA-256");
}

/* What a thread signs with, and the key that it has taken in last.  Mostly
 * the next one is the same, and taking it in costs as much as the rest. */
struct hmac {
	EVP_MAC_CTX *ctx;
	char key[KEY_KEPT_MAX];
	size_t key_n; /* 0: none */
};

/* Looking an algorithm up, and making a context, costs more than hashing a
 * token: the first is done once, the second once a thread. */
static EVP_MD *sha256_md;
static EVP_MAC_CTX *hmac_blank; /* only read */
static pthread_key_t hmac_own;  /* a thread's struct hmac */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
hmac_free(void *arg)
{
	struct hmac *h = arg;

	EVP_MAC_CTX_free(h->ctx);
	OPENSSL_clear_free(h, sizeof(*h));
}

static void
fetch(void)
{
	char name[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	sha256_md = EVP_MD_fetch(NULL, name, NULL);
	hmac_blank = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	must(sha256_md != NULL && hmac_blank != NULL &&
	     EVP_MAC_CTX_set_params(hmac_blank, params) == 1 &&
	     pthread_key_create(&hmac_own, hmac_free) == 0);
	EVP_MAC_free(mac);
}

void
sha256(unsigned char out[SHA256_SIZE], struct str in)
{
	pthread_once(&once, fetch);
	must(EVP_Digest(in.p, in.n, out, NULL, sha256_md, NULL) == 1);
}

void
hmac_sha256_halves(struct hmac_halves *out, struct str key)
{
	size_t i;
	unsigned char c;

	if (key.n > HMAC_HALF_SIZE)
		BUG("a key of %zu bytes", key.n);
	for (i = 0; i < HMAC_HALF_SIZE; i++) {
		c = i < key.n ? (unsigned char)key.p[i] : 0;
		out->inner[i] = c ^ 0x36; /* RFC 2104 */
		out->outer[i] = c ^ 0x5c;
	}
}

bool
equal_secret(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

static struct hmac *
hmac_of_thread(void)
{
	struct hmac *h;

	pthread_once(&once, fetch);
	h = pthread_getspecific(hmac_own);
	if (h != NULL)
		return h;
	h = OPENSSL_zalloc(sizeof(*h));
	must(h != NULL && (h->ctx = EVP_MAC_CTX_dup(hmac_blank)) != NULL &&
	     pthread_setspecific(hmac_own, h) == 0);
	return h;
}

static bool
hmac_begin(struct hmac *h, struct str key)
{
	const unsigned char *k = (const unsigned char *)(key.n ? key.p : "");

	if (key.n > 0 && equal_secret(key, (struct str){h->key, h->key_n}))
		return EVP_MAC_init(h->ctx, NULL, 0, NULL) == 1;
	h->key_n = key.n <= sizeof(h->key) ? key.n : 0;
	if (h->key_n > 0)
		memcpy(h->key, key.p, key.n);
	return EVP_MAC_init(h->ctx, k, key.n, NULL) == 1;
}

void
hmac_sha256(unsigned char out[SHA256_SIZE], struct str key, struct str in)
{
	struct hmac *h = hmac_of_thread();
	size_t n = 0;

	must(hmac_begin(h, key) &&
	     EVP_MAC_update(h->ctx, (const unsigned char *)in.p, in.n) == 1 &&
	     EVP_MAC_final(h->ctx, out, &n, SHA256_SIZE) == 1 &&
	     n == SHA256_SIZE);
}

void
random_bytes(void *out, size_t n)
{
	char *p = out;
	ssize_t got;

	while (n > 0) {
		got = getrandom(p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			die("no random bytes: %s", strerror(errno));
		p += got;
		n -= (size_t)got;
	}
}
