#include "api/idempotency.h"

#include "api/problem.h"
#include "lib/base/digest.h"

static bool
takes_part(const struct request *q)
{
	return q->route->access != ACCESS_NONE &&
	       (q->route->payload == PAYLOAD_JSON ||
		   q->route->payload == PAYLOAD_JSON_OPTIONAL) &&
	       request_header(q, "Idempotency-Key").p != NULL;
}

/* What must be the same: method, target, body.  Keyed, because a body may
 * hold a password that a plain digest would let somebody guess. */
static struct str
fingerprint(struct request *q)
{
	unsigned char *out = arena_alloc(&q->arena, SHA256_SIZE);
	const unsigned char *key = q->api->keyring.keys[0].token;
	struct buf all;
	size_t i;

	buf_init(&all, REQUEST_BODY_MAX + (64U << 10));
	buf_printf(&all, "%s %.*s\n", method_name(q->method), STR_ARG(q->path));
	for (i = 0; i < q->query_count; i++)
		buf_printf(&all, "%.*s=%.*s\n", STR_ARG(q->query[i].name),
		    STR_ARG(q->query[i].value));
	buf_char(&all, '\n');
	buf_str(&all, buf_view(&q->body));
	hmac_sha256(out, (struct str){(const char *)key, KEY_SIZE},
	    buf_view(&all));
	buf_wipe(&all);
	return (struct str){(const char *)out, SHA256_SIZE};
}

static void
replay(struct request *q, const struct db_result *stored)
{
	if (!str_eq(db_get_bytes(stored, 0, 0, &q->arena), fingerprint(q))) {
		problem(q, 422,
		    "this Idempotency-Key was used for another request");
		return;
	}
	reply_document(q, (int)db_get_int(stored, 0, 1),
	    db_get_text(stored, 0, 2));
	reply_header(q, "Idempotency-Replayed", "true");
}

bool
idempotency_begin(struct request *q)
{
	struct str key = request_header(q, "Idempotency-Key");
	const struct db_result *r;

	if (!takes_part(q))
		return true;
	if (key.n == 0 || key.n > IDEMPOTENCY_KEY_MAX || !str_is_utf8(key)) {
		problem(q, 400, "an Idempotency-Key has 1 to %d bytes of UTF-8",
		    IDEMPOTENCY_KEY_MAX);
		return false;
	}
	r = request_run(q, Q_IDEMPOTENCY_LOCK,
	    DB_ARGS(db_int(q->key_id), db_int(q->user_id), db_text(key)));
	if (r == NULL)
		return false;
	if (!db_get_bool(r, 0, 0)) {
		problem(q, 409,
		    "a request with this Idempotency-Key is under way");
		return false;
	}
	r = request_run(q, Q_IDEMPOTENCY_FIND,
	    DB_ARGS(db_int(q->key_id), db_int(q->user_id), db_text(key)));
	if (r != NULL && db_rows(r) > 0)
		replay(q, r);
	return r != NULL && db_rows(r) == 0;
}

void
idempotency_keep(struct request *q)
{
	struct str key = request_header(q, "Idempotency-Key");

	if (!takes_part(q) || q->reply.status >= 300)
		return;
	request_run(q, Q_IDEMPOTENCY_STORE,
	    DB_ARGS(db_int(q->key_id), db_int(q->user_id), db_text(key),
		db_bytes(fingerprint(q)), db_int(q->reply.status),
		db_text(buf_view(&q->reply.body))));
}
