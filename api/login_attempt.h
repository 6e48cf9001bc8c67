/*
 * login_attempt.h - how often somebody may try to log in.
 *
 * Attempts count for an address on the network (an IPv6 one as its /64) and
 * for an account, whether it exists or not, in the database: for all
 * processes.  An attempt that was right counts no more.
 */
#ifndef API_LOGIN_ATTEMPT_H
#define API_LOGIN_ATTEMPT_H

#include "api/request.h"
#include "lib/base/digest.h"

/* So many at once, then one in so many seconds. */
#define ATTEMPTS_ADDRESS  30
#define ATTEMPT_ADDRESS_S 10
#define ATTEMPTS_ACCOUNT  10
#define ATTEMPT_ACCOUNT_S 60

struct login_attempt {
	unsigned char address[SHA256_SIZE], account[SHA256_SIZE];
};

/* Counts one; false: answered, with 429 when there were too many.  `account`
 * is the key of a mail address. */
bool login_attempt_begin(struct request *q, struct str account,
    struct login_attempt *a) MUST_USE;
bool login_attempt_right(struct request *q,
    const struct login_attempt *a) MUST_USE;

#endif
