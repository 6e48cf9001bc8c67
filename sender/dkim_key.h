/*
 * dkim_key.h - a private key for DKIM: made, read, written, used.
 *
 * RSA of 2048 to 4096 bits (RFC 8301) or Ed25519 (RFC 8463).  Not for
 * several threads at once.
 */
#ifndef SENDER_DKIM_KEY_H
#define SENDER_DKIM_KEY_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define DKIM_RSA_BITS_MIN  2048
#define DKIM_RSA_BITS_MAX  4096
#define DKIM_SECRET_MAX    (16U << 10) /* bytes of a key, PEM or DER */
#define DKIM_SIGNATURE_MAX (DKIM_RSA_BITS_MAX / 8)

enum dkim_algorithm {
	DKIM_RSA_SHA256 = 0,
	DKIM_ED25519_SHA256,
};
const char *dkim_algorithm_name(enum dkim_algorithm a); /* "rsa-sha256" */
bool dkim_algorithm_parse(struct str name, enum dkim_algorithm *a) MUST_USE;

struct dkim_key;

/* A new one; `bits` counts for RSA only. */
bool dkim_key_make(struct dkim_key **out, enum dkim_algorithm a, int bits,
    struct err *err) MUST_USE;
/* PEM without a passphrase, or DER as dkim_key_secret gives it. */
bool dkim_key_read(struct dkim_key **out, struct str secret,
    struct err *err) MUST_USE;
void dkim_key_free(struct dkim_key *key); /* NULL is fine */

enum dkim_algorithm dkim_key_algorithm(const struct dkim_key *key);
/* DER. */
bool dkim_key_secret(const struct dkim_key *key, struct buf *out,
    struct err *err) MUST_USE;
/* Base64: what stands in the DNS record behind "p=". */
bool dkim_key_public(const struct dkim_key *key, struct buf *out,
    struct err *err) MUST_USE;

/* Signs a SHA-256 hash.  The same hash gives the same signature. */
bool dkim_key_sign(struct dkim_key *key, const unsigned char hash[32],
    unsigned char signature[DKIM_SIGNATURE_MAX], size_t *n,
    struct err *err) MUST_USE;

#endif
