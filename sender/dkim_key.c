#include "sender/dkim_key.h"

#include "lib/base/encode.h"
#include "lib/base/mem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define ED25519_PUBLIC 32
#define HASH_SIZE      32

struct dkim_key {
	enum dkim_algorithm algorithm;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *rsa;   /* ready to sign, again and again */
	EVP_MD_CTX *ed25519; /* to be initialised for each signature */
};

static const char *const names[] = {
    [DKIM_RSA_SHA256] = "rsa-sha256",
    [DKIM_ED25519_SHA256] = "ed25519-sha256",
};

const char *
dkim_algorithm_name(enum dkim_algorithm a)
{
	return names[a];
}

bool
dkim_algorithm_parse(struct str name, enum dkim_algorithm *a)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(name, str_of(names[i]))) {
			*a = (enum dkim_algorithm)i;
			return true;
		}
	return false;
}

/* OpenSSL's words for what went wrong last. */
static bool
fail(struct err *err, enum fail kind, const char *what)
{
	unsigned long code = ERR_get_error();
	const char *why = code != 0 ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return err_set(err, kind, "%s: %s", what,
	    why != NULL ? why : "unknown reason");
}

static bool
check_kind(struct dkim_key *k, struct err *err)
{
	int bits = EVP_PKEY_get_bits(k->pkey);

	if (EVP_PKEY_is_a(k->pkey, "ED25519")) {
		k->algorithm = DKIM_ED25519_SHA256;
		return true;
	}
	if (!EVP_PKEY_is_a(k->pkey, "RSA"))
		return err_set(err, FAIL_INPUT,
		    "DKIM key: neither RSA nor Ed25519");
	k->algorithm = DKIM_RSA_SHA256;
	if (bits < DKIM_RSA_BITS_MIN || bits > DKIM_RSA_BITS_MAX)
		return err_set(err, FAIL_INPUT,
		    "DKIM key: RSA of %d bits, it must be %d to %d", bits,
		    DKIM_RSA_BITS_MIN, DKIM_RSA_BITS_MAX);
	return true;
}

static bool
prepare(struct dkim_key *k, struct err *err)
{
	if (!check_kind(k, err))
		return false;
	if (k->algorithm == DKIM_ED25519_SHA256) {
		k->ed25519 = EVP_MD_CTX_new();
		return k->ed25519 != NULL || fail(err, FAIL_INPUT, "DKIM key");
	}
	k->rsa = EVP_PKEY_CTX_new(k->pkey, NULL);
	return (k->rsa != NULL && EVP_PKEY_sign_init(k->rsa) > 0 &&
		   EVP_PKEY_CTX_set_rsa_padding(k->rsa, RSA_PKCS1_PADDING) >
		       0 &&
		   EVP_PKEY_CTX_set_signature_md(k->rsa, EVP_sha256()) > 0) ||
	       fail(err, FAIL_INPUT, "DKIM key");
}

/* Owns pkey from here on, also when it fails. */
static bool
key_new(struct dkim_key **out, EVP_PKEY *pkey, struct err *err)
{
	struct dkim_key *k = NEW(struct dkim_key);

	k->pkey = pkey;
	if (!prepare(k, err)) {
		dkim_key_free(k);
		return false;
	}
	*out = k;
	return true;
}

bool
dkim_key_make(struct dkim_key **out, enum dkim_algorithm a, int bits,
    struct err *err)
{
	EVP_PKEY *pkey;

	if (a == DKIM_RSA_SHA256 &&
	    (bits < DKIM_RSA_BITS_MIN || bits > DKIM_RSA_BITS_MAX))
		return err_set(err, FAIL_INPUT,
		    "RSA of %d bits: it must be %d to %d", bits,
		    DKIM_RSA_BITS_MIN, DKIM_RSA_BITS_MAX);
	pkey = a == DKIM_RSA_SHA256 ? EVP_RSA_gen((unsigned)bits)
				    : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (pkey == NULL)
		return fail(err, FAIL_INPUT, "make a DKIM key");
	return key_new(out, pkey, err);
}

/* Nobody is there to be asked for a passphrase. */
static int
no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

bool
dkim_key_read(struct dkim_key **out, struct str secret, struct err *err)
{
	const unsigned char *der = (const unsigned char *)secret.p;
	EVP_PKEY *pkey;
	BIO *bio;

	if (secret.n == 0 || secret.n > DKIM_SECRET_MAX)
		return err_set(err, FAIL_INPUT,
		    "DKIM key: empty or longer than %u bytes", DKIM_SECRET_MAX);
	ERR_clear_error();
	if (str_find(secret, STR("-----BEGIN")) != STR_NOWHERE) {
		bio = BIO_new_mem_buf(secret.p, (int)secret.n);
		pkey = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL,
					 no_passphrase, NULL)
				   : NULL;
		BIO_free(bio);
	} else {
		pkey = d2i_AutoPrivateKey(NULL, &der, (long)secret.n);
	}
	if (pkey == NULL)
		return fail(err, FAIL_INPUT, "read the DKIM key");
	return key_new(out, pkey, err);
}

void
dkim_key_free(struct dkim_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_CTX_free(k->rsa);
	EVP_MD_CTX_free(k->ed25519);
	EVP_PKEY_free(k->pkey);
	free(k);
}

enum dkim_algorithm
dkim_key_algorithm(const struct dkim_key *k)
{
	return k->algorithm;
}

bool
dkim_key_secret(const struct dkim_key *k, struct buf *out, struct err *err)
{
	unsigned char *der = NULL;
	int n = i2d_PrivateKey(k->pkey, &der);

	if (n <= 0)
		return fail(err, FAIL_INPUT, "write the DKIM key");
	buf_add(out, der, (size_t)n);
	OPENSSL_clear_free(der, (size_t)n);
	return true;
}

bool
dkim_key_public(const struct dkim_key *k, struct buf *out, struct err *err)
{
	unsigned char raw[ED25519_PUBLIC], *der = NULL;
	size_t size = sizeof(raw);
	int n;

	if (k->algorithm == DKIM_ED25519_SHA256) {
		if (EVP_PKEY_get_raw_public_key(k->pkey, raw, &size) != 1)
			return fail(err, FAIL_INPUT, "public half of the key");
		base64_encode(out, (struct str){(const char *)raw, size});
		return true;
	}
	n = i2d_PUBKEY(k->pkey, &der);
	if (n <= 0)
		return fail(err, FAIL_INPUT, "public half of the key");
	base64_encode(out, (struct str){(const char *)der, (size_t)n});
	OPENSSL_free(der);
	return true;
}

bool
dkim_key_sign(struct dkim_key *k, const unsigned char hash[32],
    unsigned char signature[DKIM_SIGNATURE_MAX], size_t *n, struct err *err)
{
	bool ok;

	*n = DKIM_SIGNATURE_MAX;
	if (k->algorithm == DKIM_RSA_SHA256)
		ok = EVP_PKEY_sign(k->rsa, signature, n, hash, HASH_SIZE) > 0;
	else
		ok = EVP_DigestSignInit(k->ed25519, NULL, NULL, NULL, k->pkey) >
			 0 &&
		     EVP_DigestSign(k->ed25519, signature, n, hash, HASH_SIZE) >
			 0;
	return ok || fail(err, FAIL_INPUT, "sign with the DKIM key");
}
