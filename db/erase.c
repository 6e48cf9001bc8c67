#include "db/erase.h"

#include "lib/base/encode.h"

static struct db_arg
half(const unsigned char *bytes)
{
	return db_bytes((struct str){(const char *)bytes, HMAC_HALF_SIZE});
}

struct db_arg
erase_inner(const struct hmac_halves *key)
{
	return key != NULL ? half(key->inner) : db_null();
}

struct db_arg
erase_outer(const struct hmac_halves *key)
{
	return key != NULL ? half(key->outer) : db_null();
}

static void
half_digest(unsigned char out[SHA256_SIZE], const unsigned char *half,
    struct str in)
{
	char memory[HMAC_HALF_SIZE + ERASE_WHO_MAX + 1];
	struct buf b;

	buf_init_in(&b, memory, sizeof(memory));
	buf_add(&b, half, HMAC_HALF_SIZE);
	buf_str(&b, in);
	if (b.full)
		BUG("an address of %zu bytes", in.n);
	sha256(out, buf_view(&b));
}

void
erase_key(struct buf *out, const struct hmac_halves *key, struct str who)
{
	unsigned char digest[SHA256_SIZE];
	const struct str bytes = {(const char *)digest, sizeof(digest)};

	half_digest(digest, key->inner, who);
	half_digest(digest, key->outer, bytes);
	buf_reset(out);
	buf_puts(out, ERASE_KEY_PREFIX);
	hex_encode(out, bytes);
}

static bool
erase_suppressions(struct db *db, const struct hmac_halves *key,
    struct db_arg who, struct err *err)
{
	const struct db_args args =
	    DB_ARGS(who, erase_inner(key), erase_outer(key));

	return db_run(db, Q_ERASE_TWICE, args, NULL, err) &&
	       db_run(db, Q_ERASE_SUPPRESSIONS, args, NULL, err);
}

/* What deliveries to that person have led to. */
static bool
erase_traces(struct db *db, struct db_arg id, struct db_arg who,
    struct err *err)
{
	struct db_result r;
	struct db_arg all;
	bool ok;

	if (!db_one(db, Q_ERASE_DELIVERIES, DB_ARGS(id), &r, err))
		return false;
	all = db_is_null(&r, 0, 0) ? db_null() : db_text(db_get_text(&r, 0, 0));
	ok = db_run(db, Q_ERASE_OUTCOMES, DB_ARGS(all), NULL, err) &&
	     db_run(db, Q_ERASE_INBOUND, DB_ARGS(all, id, who), NULL, err) &&
	     db_run(db, Q_ERASE_HITS, DB_ARGS(all), NULL, err);
	db_result_free(&r);
	return ok;
}

bool
erase_person(struct db *db, const struct hmac_halves *key, struct str who,
    bool *found, struct err *err)
{
	const struct db_arg name = db_text(who);
	struct db_result r;
	struct db_arg id;

	if (!db_run(db, Q_ERASE_FIND, DB_ARGS(name), &r, err))
		return false;
	*found = db_rows(&r) > 0;
	id = *found ? db_int(db_get_int(&r, 0, 0)) : db_null();
	db_result_free(&r);
	if (!*found)
		return true;
	return erase_suppressions(db, key, name, err) &&
	       erase_traces(db, id, name, err) &&
	       db_run(db, Q_ERASE_EVENTS, DB_ARGS(id, name), NULL, err) &&
	       db_run(db, Q_ERASE_CONVERSIONS, DB_ARGS(id), NULL, err) &&
	       db_run(db, Q_ERASE_CONSENTS, DB_ARGS(name), NULL, err) &&
	       db_run(db, Q_ERASE_QUOTES, DB_ARGS(name), NULL, err) &&
	       db_run(db, Q_ERASE_END, DB_ARGS(id), NULL, err);
}
