#include "api/login_attempt.h"

#include "api/problem.h"

static struct db_arg
hash_arg(const unsigned char hash[SHA256_SIZE])
{
	return db_bytes((struct str){(const char *)hash, SHA256_SIZE});
}

static bool
count(struct request *q, const unsigned char subject[SHA256_SIZE], int each_s,
    int at_once)
{
	struct db_args args =
	    DB_ARGS(hash_arg(subject), db_int(each_s), db_int(at_once));
	const struct db_result *r = request_run(q, Q_LOGIN_ATTEMPT, args);

	if (r == NULL)
		return false;
	if (db_rows(r) > 0)
		return true;
	r = request_one(q, Q_LOGIN_WAIT, args);
	if (r == NULL)
		return false;
	problem(q, 429, "too many attempts to log in; try again later");
	reply_header(q, "Retry-After", "%lld", (long long)db_get_int(r, 0, 0));
	return false;
}

/* The address is refused before an account pays for it. */
bool
login_attempt_begin(struct request *q, struct str account,
    struct login_attempt *a)
{
	struct peer peer = request_peer(q);

	hmac_sha256(a->address, STR("login from"), peer_site(&peer));
	hmac_sha256(a->account, STR("login to"), account);
	return count(q, a->address, ATTEMPT_ADDRESS_S, ATTEMPTS_ADDRESS) &&
	       count(q, a->account, ATTEMPT_ACCOUNT_S, ATTEMPTS_ACCOUNT);
}

bool
login_attempt_right(struct request *q, const struct login_attempt *a)
{
	return request_run(q, Q_LOGIN_FORGET,
		   DB_ARGS(hash_arg(a->account), hash_arg(a->address),
		       db_int(ATTEMPT_ADDRESS_S))) != NULL;
}
