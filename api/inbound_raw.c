#include "api/inbound_raw.h"

#include "lib/base/encode.h"

enum { MAILBOX = 1, FINGERPRINT, RAW };

struct str
inbound_raw_open(struct request *q, const struct db_result *rows, int row)
{
	struct str raw = STR_NONE;
	struct err err = {FAIL_NONE, ""};
	struct buf hex, out;

	if (db_is_null(rows, row, RAW))
		return raw;
	buf_init(&hex, (size_t)2 * SHA256_SIZE);
	buf_init(&out, SEAL_PLAIN_MAX);
	hex_encode(&hex, db_get_bytes(rows, row, FINGERPRINT, &q->arena));
	if (unseal(&q->api->keyring,
		arena_printf(&q->arena, "inbound:%lld:%s",
		    (long long)db_get_int(rows, row, MAILBOX), buf_cstr(&hex)),
		db_get_bytes(rows, row, RAW, &q->arena), &out, &err))
		raw = arena_dup(&q->arena, buf_view(&out));
	buf_release(&hex);
	buf_release(&out);
	return raw;
}
