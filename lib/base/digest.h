/*
 * digest.h - SHA-256, HMAC-SHA-256, constant-time comparison, random bytes.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "lib/base/str.h"

#define SHA256_SIZE 32

void sha256(unsigned char out[SHA256_SIZE], struct str in);
void hmac_sha256(unsigned char out[SHA256_SIZE], struct str key, struct str in);

/* HMAC for those who have only SHA-256 at hand: it is
 * sha256(outer ‖ sha256(inner ‖ in)).  The key has at most 64 bytes; what comes
 * of it is as secret. */
#define HMAC_HALF_SIZE 64
struct hmac_halves {
	unsigned char inner[HMAC_HALF_SIZE], outer[HMAC_HALF_SIZE];
};
void hmac_sha256_halves(struct hmac_halves *out, struct str key);

/* Equal without telling where they differ; lengths may be told. */
bool equal_secret(struct str a, struct str b);

/* From the kernel; dies when there are none. */
void random_bytes(void *out, size_t n);

#endif
