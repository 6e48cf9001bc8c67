#include "api/import_batch.h"

#include "db/erase.h"
#include "db/tuples.h"
#include "lib/base/mem.h"

#include <assert.h>

#define SLOTS        (1U << 20)  /* over the rows, so that some stay free */
#define VALUE_MAX    200         /* bytes of a rejected value that are kept */
#define COLUMNS      10          /* of import_rows_copy */
#define PIECE_BYTES  (64U << 10) /* sent at a time */
#define TUPLES_BYTES (4U << 20)  /* a piece and the longest row */

struct import_batch {
	struct db *db; /* NULL: not begun */
	struct tuples tuples;
	size_t rows, rows_max, faults, leaves, bytes;
	int rounds;
	/* Addresses by their hash.  Two that share one go in rounds as well,
	 * which costs time and changes nothing. */
	uint64_t hashes[SLOTS]; /* 0: free */
	uint8_t seen[SLOTS];    /* rows of it so far */
};

static_assert(IMPORT_BATCH_ROWS_MAX < SLOTS, "a search ends");

static const char *const mode_names[] = {
    [IMPORT_MERGE] = "merge",
    [IMPORT_SKIP] = "skip",
    [IMPORT_REPLACE] = "replace",
};

const char *
import_mode_name(enum import_mode m)
{
	return mode_names[m];
}

bool
import_mode_parse(struct str name, enum import_mode *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(mode_names); i++)
		if (str_eq(name, str_of(mode_names[i]))) {
			*out = (enum import_mode)i;
			return true;
		}
	return false;
}

struct import_batch *
import_batch_new(void)
{
	struct import_batch *b = NEW(struct import_batch);

	tuples_init(&b->tuples, TUPLES_BYTES);
	return b;
}

void
import_batch_free(struct import_batch *b)
{
	if (b == NULL)
		return;
	tuples_release(&b->tuples);
	free(b);
}

bool
import_batch_begin(struct import_batch *b, struct db *db, size_t rows_max,
    struct err *err)
{
	assert(b->db == NULL && rows_max <= IMPORT_BATCH_ROWS_MAX);
	if (!db_run(db, Q_IMPORT_ROWS_CREATE, DB_NO_ARGS, NULL, err) ||
	    !db_run(db, Q_IMPORT_WORK_CREATE, DB_NO_ARGS, NULL, err) ||
	    !db_copy_start(db, Q_IMPORT_ROWS_COPY, err))
		return false;
	b->db = db;
	b->rows = b->faults = b->leaves = b->bytes = 0;
	b->rows_max = rows_max;
	b->rounds = 0;
	memset(b->hashes, 0, sizeof(b->hashes));
	tuples_begin(&b->tuples);
	return true;
}

void
import_batch_drop(struct import_batch *b)
{
	struct err ignored;
	int64_t rows;

	if (b->db != NULL && !db_copy_end(b->db, &rows, &ignored))
		b->rows = 0; /* the rollback comes in any case */
	b->db = NULL;
}

bool
import_batch_full(const struct import_batch *b)
{
	return b->rows == b->rows_max || b->bytes >= IMPORT_BATCH_BYTES ||
	       b->rounds == IMPORT_BATCH_ROUNDS;
}

/* FNV-1a; collisions cost time, and the file is the sender's own. */
static uint64_t
hash(struct str s)
{
	uint64_t h = 14695981039346656037U;
	size_t i;

	for (i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211U;
	h ^= h >> 32;
	return h != 0 ? h : 1;
}

/* How many rows of that address stand before it. */
static int
find_round(struct import_batch *b, struct str key)
{
	uint64_t h = hash(key);
	size_t at = h & (SLOTS - 1);

	while (b->hashes[at] != 0 && b->hashes[at] != h)
		at = (at + 1) & (SLOTS - 1);
	if (b->hashes[at] == 0)
		b->seen[at] = 0;
	b->hashes[at] = h;
	return b->seen[at]++;
}

static void
put_leave(struct import_batch *b, enum import_leave leave)
{
	const char *reason = import_leave_reason(leave);

	if (reason == NULL) {
		tuples_null(&b->tuples);
		tuples_null(&b->tuples);
		return;
	}
	b->leaves++;
	tuples_text(&b->tuples, str_of(reason));
	tuples_smallint(&b->tuples, import_leave_is_global(leave));
}

static void
put_good(struct import_batch *b, const struct import_row *row)
{
	struct str key = address_key(&row->address);
	int round = find_round(b, key);

	if (round >= b->rounds)
		b->rounds = round + 1;
	tuples_bigint(&b->tuples, row->line);
	tuples_smallint(&b->tuples, round);
	tuples_text(&b->tuples, address_text(&row->address));
	tuples_text(&b->tuples, key);
	tuples_text(&b->tuples, row->name);
	tuples_jsonb(&b->tuples, row->attributes);
	tuples_null(&b->tuples);
	tuples_null(&b->tuples);
	put_leave(b, row->leave);
}

/* The beginning of what was wrong, as text that the database takes. */
static struct str
quote_value(char out[VALUE_MAX], struct str value)
{
	size_t n = value.n < VALUE_MAX ? value.n : VALUE_MAX;
	size_t i;

	while (
	    n > 0 && n < value.n && ((unsigned char)value.p[n] & 0xc0) == 0x80)
		n--; /* not within a character */
	for (i = 0; i < n; i++)
		out[i] = value.p[i] != '\0' ? value.p[i] : '?';
	if (!str_is_utf8((struct str){out, n}))
		for (i = 0; i < n; i++)
			if ((unsigned char)out[i] >= 0x80)
				out[i] = '?';
	return (struct str){out, n};
}

static void
put_fault(struct import_batch *b, const struct import_row *row)
{
	char text[VALUE_MAX];

	b->faults++;
	tuples_bigint(&b->tuples, row->line);
	tuples_smallint(&b->tuples, 0);
	tuples_text(&b->tuples, STR(""));
	tuples_text(&b->tuples, STR(""));
	tuples_text(&b->tuples, STR(""));
	tuples_jsonb(&b->tuples, STR("{}"));
	tuples_text(&b->tuples, quote_value(text, str_of(row->fault)));
	tuples_text(&b->tuples, quote_value(text, row->value));
	put_leave(b, IMPORT_STAYS);
}

static bool
send_piece(struct import_batch *b, struct str piece, struct err *err)
{
	b->bytes += piece.n;
	return db_copy_data(b->db, piece, err);
}

bool
import_batch_add(struct import_batch *b, const struct import_row *row,
    struct err *err)
{
	struct str piece;
	bool ok;

	assert(!import_batch_full(b));
	b->rows++;
	tuples_row(&b->tuples, COLUMNS);
	if (row->fault[0] == '\0')
		put_good(b, row);
	else
		put_fault(b, row);
	piece = tuples_so_far(&b->tuples);
	if (piece.n < PIECE_BYTES)
		return true;
	ok = send_piece(b, piece, err);
	tuples_go_on(&b->tuples);
	return ok;
}

static bool
end_copy(struct import_batch *b, struct db *db, struct err *err)
{
	int64_t rows;
	bool sent = send_piece(b, tuples_end(&b->tuples), err);

	b->db = NULL;
	return db_copy_end(db, &rows, sent ? err : &(struct err){0}) && sent &&
	       db_run(db, Q_IMPORT_ROWS_PREPARE, DB_NO_ARGS, NULL, err) &&
	       db_run(db, Q_IMPORT_ROWS_ANALYZE, DB_NO_ARGS, NULL, err);
}

static bool
look_for_suppressed(struct db *db, const struct import_target *target,
    struct import_counts *counts, struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_IMPORT_SUPPRESSED,
		DB_ARGS(db_int(target->list_id), erase_inner(target->person),
		    erase_outer(target->person)),
		&r, err))
		return false;
	counts->suppressed = db_get_int(&r, 0, 0);
	counts->rejected += db_get_int(&r, 0, 1);
	db_result_free(&r);
	return true;
}

/* Counts what import_plan found that there would be to do. */
static bool
foresee(struct db *db, int64_t work, struct import_counts *counts,
    struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_IMPORT_FORESEE, DB_NO_ARGS, &r, err))
		return false;
	counts->inserted += db_get_int(&r, 0, 0);
	counts->updated += work - db_get_int(&r, 0, 0);
	db_result_free(&r);
	return db_run(db, Q_IMPORT_WORK_CLEAR, DB_NO_ARGS, NULL, err);
}

/* Does what import_plan found that there is to do. */
static bool
do_work(struct db *db, const struct import_target *target, int64_t work,
    struct import_counts *counts, struct err *err)
{
	char source[40];
	struct db_result r;
	int64_t inserted;

	snprintf(source, sizeof(source), "import:%lld",
	    (long long)target->import_id);
	if (!db_run(db, Q_IMPORT_CHANGE,
		DB_ARGS(db_cstr(import_mode_name(target->mode))), NULL, err) ||
	    !db_one(db, Q_IMPORT_ENTER,
		DB_ARGS(db_int(target->list_id), db_cstr(source)), &r, err))
		return false;
	inserted = db_get_int(&r, 0, 0);
	db_result_free(&r);
	counts->inserted += inserted;
	counts->updated += work - inserted;
	return db_run(db, Q_IMPORT_WORK_CLEAR, DB_NO_ARGS, NULL, err);
}

static bool
write_round(struct db *db, const struct import_target *target, int round,
    struct import_counts *counts, struct err *err)
{
	struct db_result r;
	int64_t work;

	if (!db_run(db, Q_IMPORT_PLAN,
		DB_ARGS(db_int(target->list_id), db_int(round),
		    db_cstr(import_mode_name(target->mode))),
		&r, err))
		return false;
	work = db_affected(&r);
	db_result_free(&r);
	if (work == 0)
		return true;
	return target->dry_run ? foresee(db, work, counts, err)
			       : do_work(db, target, work, counts, err);
}

/* Who left elsewhere is not written to here either. */
static bool
write_leaves(const struct import_batch *b, struct db *db,
    const struct import_target *target, struct err *err)
{
	if (b->leaves == 0 || target->dry_run)
		return true;
	return db_run(db, Q_IMPORT_LEAVE,
	    DB_ARGS(db_int(target->import_id), db_int(target->list_id)), NULL,
	    err);
}

static bool
write_errors(struct db *db, const struct import_target *target,
    const struct import_counts *counts, struct err *err)
{
	if (counts->rejected == 0 || target->errors_left <= 0)
		return true;
	return db_run(db, Q_IMPORT_REJECT,
	    DB_ARGS(db_int(target->import_id), db_int(target->errors_left)),
	    NULL, err);
}

bool
import_batch_write(struct import_batch *b, const struct import_target *target,
    struct import_counts *counts, struct err *err)
{
	struct db *db = b->db;
	int round;

	*counts = (struct import_counts){.rows_read = (int64_t)b->rows,
	    .rejected = (int64_t)b->faults};
	if (!end_copy(b, db, err) ||
	    !look_for_suppressed(db, target, counts, err))
		return false;
	for (round = 0; round < b->rounds; round++)
		if (!write_round(db, target, round, counts, err))
			return false;
	counts->unchanged = counts->rows_read - counts->inserted -
			    counts->updated - counts->rejected;
	return write_leaves(b, db, target, err) &&
	       write_errors(db, target, counts, err);
}
