/*
 * link.h - the signature of a tracked link whose target stands in itself
 * what we did not write redirects nowhere.
 *
 * base32-lower(HMAC-SHA-256 cut to 10) = 16 characters, over the delivery's
 * token, the link's number and the target.
 */
#ifndef MAIL_LINK_H
#define MAIL_LINK_H

#include "lib/base/keyring.h"
#include "lib/base/str.h"

#define LINK_SIGNATURE_LEN 16
#define LINK_TARGET_MAX    4096 /* bytes of a URL */

/* False: a target longer than LINK_TARGET_MAX, or no token. */
bool link_sign(char out[LINK_SIGNATURE_LEN + 1], const struct keyring *ring,
    struct str token, uint32_t number, struct str target) MUST_USE;
/* Constant time. */
bool link_verify(const struct keyring *ring, struct str token, uint32_t number,
    struct str target, struct str signature);

#endif
