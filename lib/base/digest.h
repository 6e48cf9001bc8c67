/*
 * digest.h - SHA-256, HMAC-SHA-256, constant-time comparison, random bytes.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "lib/base/str.h"

#define SHA256_SIZE 32

void sha256(unsigned char out[SHA256_SIZE], struct str in);
void hmac_sha256(unsigned char out[SHA256_SIZE], struct str key, struct str in);

/* Equal without telling where they differ; lengths may be told. */
bool equal_secret(struct str a, struct str b);

/* From the kernel; dies when there are none. */
void random_bytes(void *out, size_t n);

#endif
