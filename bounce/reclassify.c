#include "bounce/reclassify.h"

#include "bounce/batch.h"
#include "bounce/finding.h"
#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"

#define HOLD_S    60
#define ARENA_MAX (16U << 20)

struct reclassify {
	const struct mailbox_shared *shared;
	bool busy;
	int64_t task;       /* the present one */
	struct arena arena; /* its */
};

/* Columns of reclassify_take. */
enum column {
	TASK = 0,
	MAILBOX,
	FINGERPRINT,
	UIDVALIDITY,
	UID,
	RECEIVED_AT,
	RAW,
	IS_SAID, /* a person says what it is */
	AUTHSERV_ID,
	FEEDBACK_DOMAINS
};

static void
on_over(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct reclassify *r = arg;

	(void)results;
	(void)count;
	arena_reset(&r->arena);
	r->busy = false;
	if (err != NULL)
		log_warn("task_lost", "error=%s", log_quote(str_of(err->text)));
	else
		reclassify_poll(r);
}

static void
refuse(struct reclassify *r, const char *why)
{
	const struct str name = STR("classify"), detail = str_of(why);
	struct db_batch *b = db_batch_new(r->shared->db);
	const int64_t ok = 0;

	db_batch_add(b, Q_MAILBOX_TASK_FINISH,
	    DB_ARGS(db_int(r->task), db_bool(false), db_text_array(&name, 1),
		db_int_array(&ok, 1), db_text_array(&detail, 1)));
	db_batch_send(b, on_over, r);
}

/* What the database does not take would not be taken later either; when it
 * is away, the task is taken again after its hold. */
static void
on_judged(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	if (err != NULL && err->kind != FAIL_IO && err->kind != FAIL_BUSY)
		refuse(arg, err->text);
	else
		on_over(results, count, err, arg);
}

/* The message as it was kept: sealed for its mailbox and fingerprint. */
static bool
open_raw(struct reclassify *r, const struct db_result *row, struct str *raw,
    struct err *err)
{
	struct buf hex, out;
	bool ok;

	if (db_is_null(row, 0, RAW))
		return err_set(err, FAIL_MISSING,
		    "the message is not kept: say what it is");
	buf_init(&hex, (size_t)2 * SHA256_SIZE);
	buf_init(&out, SEAL_PLAIN_MAX);
	hex_encode(&hex, db_get_bytes(row, 0, FINGERPRINT, &r->arena));
	ok = unseal(r->shared->ring,
	    arena_printf(&r->arena, "inbound:%lld:%s",
		(long long)db_get_int(row, 0, MAILBOX), buf_cstr(&hex)),
	    db_get_bytes(row, 0, RAW, &r->arena), &out, err);
	if (ok)
		*raw = arena_dup(&r->arena, buf_view(&out));
	buf_release(&hex);
	buf_release(&out);
	return ok;
}

static bool
judge(struct reclassify *r, const struct db_result *row, struct db_batch *b,
    struct err *err)
{
	const struct auth_trust trust = {
	    .authserv_id = db_get_text(row, 0, AUTHSERV_ID),
	    .domains = db_get_text(row, 0, FEEDBACK_DOMAINS),
	};
	struct finding_source source = {
	    .mailbox = db_get_int(row, 0, MAILBOX),
	    .uidvalidity = (uint32_t)db_get_int(row, 0, UIDVALIDITY),
	    .uid = (uint32_t)db_get_int(row, 0, UID),
	    .wanted = true,
	    .trust = &trust,
	};
	struct finding f;

	if (!open_raw(r, row, &source.body, err))
		return false;
	if (!db_is_null(row, 0, RECEIVED_AT))
		source.internal_us = db_get_time(row, 0, RECEIVED_AT);
	source.header = source.body;
	source.size = source.body.n;
	finding_make(&f, &source, r->shared->ring, clock_wall_us(), &r->arena);
	db_batch_add(b, Q_RECLASSIFY_JUDGE,
	    DB_ARGS(db_int(r->task), db_cstr(f.class), db_cstr(f.rule),
		db_cstr(f.attribution), db_int(f.delivery), db_bool(f.late),
		db_text_or_null(f.final_key), db_text_or_null(f.original_key),
		db_cstr(f.type), db_cstr(f.category), db_cstr(f.scope),
		db_text_or_null(f.status), db_text_or_null(f.diagnostic),
		db_text_or_null(f.feedback_type), db_text_or_null(f.text),
		db_bool(f.trusted), db_text_or_null(f.trace_ids),
		db_text_or_null(f.trace_title),
		db_text_or_null(f.trace_person)));
	return true;
}

static void
run(struct reclassify *r, const struct db_result *row)
{
	const struct str fingerprint =
	    db_get_bytes(row, 0, FINGERPRINT, &r->arena);
	struct db_batch *b = db_batch_new(r->shared->db);
	struct err err = {FAIL_NONE, ""};

	r->task = db_get_int(row, 0, TASK);
	if (db_get_bool(row, 0, IS_SAID)) {
		db_batch_add(b, Q_RECLASSIFY_SAY, DB_ARGS(db_int(r->task)));
	} else if (!judge(r, row, b, &err)) {
		db_batch_free(b);
		refuse(r, err.text);
		return;
	}
	db_batch_add(b, Q_RECLASSIFY_RETRACT, DB_ARGS(db_int(r->task)));
	batch_add_consequences(db_get_int(row, 0, MAILBOX), &fingerprint, 1, b);
	db_batch_add(b, Q_RECLASSIFY_FINISH, DB_ARGS(db_int(r->task)));
	db_batch_send(b, on_judged, r);
}

static void
on_taken(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct reclassify *r = arg;

	(void)count;
	if (err != NULL || db_rows(&results[0]) == 0)
		r->busy = false;
	else
		run(r, &results[0]);
}

struct reclassify *
reclassify_new(const struct mailbox_shared *shared)
{
	struct reclassify *r = NEW(struct reclassify);

	r->shared = shared;
	arena_init(&r->arena, ARENA_MAX);
	return r;
}

void
reclassify_poll(struct reclassify *r)
{
	struct db_batch *b;

	if (r->busy)
		return;
	r->busy = true;
	b = db_batch_new(r->shared->db);
	db_batch_add(b, Q_RECLASSIFY_TAKE,
	    DB_ARGS(db_cstr(process_name()), db_int(HOLD_S)));
	db_batch_send(b, on_taken, r);
}

void
reclassify_free(struct reclassify *r)
{
	if (r == NULL)
		return;
	arena_release(&r->arena);
	free(r);
}
