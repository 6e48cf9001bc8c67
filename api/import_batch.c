#include "api/import_batch.h"

#include "lib/base/mem.h"

#include <assert.h>

#define ARENA_BYTES (IMPORT_BATCH_BYTES + (8U << 20))
#define SLOTS       8192 /* of the hash; a power of two over the rows */
#define VALUE_MAX   200  /* bytes of a rejected value that are kept */
#define TRIES_MAX   5

struct batch_row {
	int64_t line;
	struct str email, key, name, attributes;
	int round;   /* how many rows of that address stand before it */
	bool erased; /* the person asked to be forgotten */
};

struct batch_error {
	int64_t line;
	struct str reason, value;
};

struct import_batch {
	struct arena texts;
	struct batch_row rows[IMPORT_BATCH_ROWS];
	size_t row_count;
	struct batch_error errors[IMPORT_BATCH_ROWS];
	size_t error_count;
	int rounds;
	uint16_t slots[SLOTS]; /* index + 1 of the newest row of an address */
	/* columns for the statements */
	int64_t numbers[2 * IMPORT_BATCH_ROWS];
	struct str columns[4][2 * IMPORT_BATCH_ROWS];
};

static_assert(IMPORT_BATCH_ROWS < SLOTS && IMPORT_BATCH_ROWS < UINT16_MAX,
    "a slot holds the index of a row");

struct import_batch *
import_batch_new(void)
{
	struct import_batch *b = NEW(struct import_batch);

	arena_init(&b->texts, ARENA_BYTES);
	return b;
}

void
import_batch_free(struct import_batch *b)
{
	if (b == NULL)
		return;
	arena_release(&b->texts);
	free(b);
}

void
import_batch_reset(struct import_batch *b)
{
	arena_reset(&b->texts);
	b->row_count = b->error_count = 0;
	b->rounds = 0;
	memset(b->slots, 0, sizeof(b->slots));
}

bool
import_batch_full(const struct import_batch *b)
{
	return b->row_count == IMPORT_BATCH_ROWS ||
	       b->error_count == IMPORT_BATCH_ROWS ||
	       b->texts.used >= IMPORT_BATCH_BYTES;
}

bool
import_batch_empty(const struct import_batch *b)
{
	return b->row_count == 0 && b->error_count == 0;
}

/* FNV-1a; collisions cost time, and the file is the sender's own. */
static size_t
hash(struct str s)
{
	uint64_t h = 14695981039346656037U;
	size_t i;

	for (i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211U;
	return (size_t)(h ^ h >> 32);
}

/* The slot of the newest row of that key, or the empty one for it. */
static uint16_t *
find_slot(struct import_batch *b, struct str key)
{
	size_t at = hash(key) & (SLOTS - 1);

	while (b->slots[at] != 0 && !str_eq(b->rows[b->slots[at] - 1].key, key))
		at = (at + 1) & (SLOTS - 1);
	return &b->slots[at];
}

static void
add_good(struct import_batch *b, const struct import_row *row)
{
	struct batch_row *r = &b->rows[b->row_count];
	uint16_t *slot;

	*r = (struct batch_row){.line = row->line,
	    .email = arena_dup(&b->texts, address_text(&row->address)),
	    .key = arena_dup(&b->texts, address_key(&row->address)),
	    .name = arena_dup(&b->texts, row->name),
	    .attributes = arena_dup(&b->texts, row->attributes)};
	slot = find_slot(b, r->key);
	if (*slot != 0)
		r->round = b->rows[*slot - 1].round + 1;
	*slot = (uint16_t)++b->row_count;
	if (r->round >= b->rounds)
		b->rounds = r->round + 1;
}

/* The beginning of what was wrong, as text that the database takes. */
static struct str
quote_value(struct arena *a, struct str value)
{
	size_t n = value.n < VALUE_MAX ? value.n : VALUE_MAX;
	char *p;
	size_t i;

	while (
	    n > 0 && n < value.n && ((unsigned char)value.p[n] & 0xc0) == 0x80)
		n--; /* not within a character */
	p = arena_cstr(a, str_sub(value, 0, n));
	for (i = 0; i < n; i++)
		if (p[i] == '\0')
			p[i] = '?';
	if (!str_is_utf8((struct str){p, n}))
		for (i = 0; i < n; i++)
			if ((unsigned char)p[i] >= 0x80)
				p[i] = '?';
	return (struct str){p, n};
}

void
import_batch_add(struct import_batch *b, const struct import_row *row)
{
	struct batch_error *e = &b->errors[b->error_count];

	assert(!import_batch_full(b));
	if (row->fault[0] == '\0') {
		add_good(b, row);
		return;
	}
	e->line = row->line;
	e->reason = quote_value(&b->texts, str_of(row->fault));
	e->value = quote_value(&b->texts, row->value);
	b->error_count++;
}

/* Marks the rows of people who were erased; counts all that must not be
 * mailed. */
static bool
look_for_suppressed(struct import_batch *b, struct db *db, int64_t list_id,
    struct import_counts *counts, struct err *err)
{
	struct db_result r;
	size_t i;
	int row;

	for (i = 0; i < b->row_count; i++) {
		b->rows[i].erased = false;
		b->columns[0][i] = b->rows[i].key;
	}
	if (!db_run(db, Q_IMPORT_SUPPRESSED,
		DB_ARGS(db_int(list_id),
		    db_text_array(b->columns[0], b->row_count)),
		&r, err))
		return false;
	counts->suppressed = db_rows(&r);
	for (row = 0; row < db_rows(&r); row++)
		b->rows[db_get_int(&r, row, 0) - 1].erased =
		    db_get_bool(&r, row, 1);
	db_result_free(&r);
	return true;
}

static size_t
gather_round(struct import_batch *b, int round)
{
	const struct batch_row *r;
	size_t n = 0;

	for (r = b->rows; r < b->rows + b->row_count; r++) {
		if (r->round != round || r->erased)
			continue;
		b->columns[0][n] = r->email;
		b->columns[1][n] = r->key;
		b->columns[2][n] = r->name;
		b->columns[3][n++] = r->attributes;
	}
	return n;
}

/* Once is enough unless somebody else makes the same contacts right now. */
static bool
write_columns(struct import_batch *b, size_t n, struct db *db,
    const struct import_target *target, struct import_counts *counts,
    struct err *err)
{
	char source[40];
	struct db_result r;
	int64_t inserted = 0, updated = 0, found = 0;
	int tries;

	snprintf(source, sizeof(source), "import:%lld",
	    (long long)target->import_id);
	for (tries = 0; found < (int64_t)n; tries++) {
		if (tries == TRIES_MAX)
			return err_set(err, FAIL_BUSY,
			    "import: contacts are "
			    "made and erased at once");
		if (!db_one(db, Q_IMPORT_ROWS,
			DB_ARGS(db_int(target->list_id), db_cstr(source),
			    db_bool(target->merge),
			    db_text_array(b->columns[0], n),
			    db_text_array(b->columns[1], n),
			    db_text_array(b->columns[2], n),
			    db_text_array(b->columns[3], n)),
			&r, err))
			return false;
		found = db_get_int(&r, 0, 0);
		inserted += db_get_int(&r, 0, 1);
		updated += db_get_int(&r, 0, 2);
		db_result_free(&r);
	}
	counts->inserted += inserted;
	counts->updated += updated;
	counts->unchanged += (int64_t)n - inserted - updated;
	return true;
}

static size_t
gather_errors(struct import_batch *b, size_t max)
{
	size_t i, n = 0;

	for (i = 0; i < b->error_count && n < max; i++, n++) {
		b->numbers[n] = b->errors[i].line;
		b->columns[0][n] = b->errors[i].reason;
		b->columns[1][n] = b->errors[i].value;
	}
	for (i = 0; i < b->row_count && n < max; i++) {
		if (!b->rows[i].erased)
			continue;
		b->numbers[n] = b->rows[i].line;
		b->columns[0][n] = STR("this person was erased and stays so");
		b->columns[1][n++] = STR("");
	}
	return n;
}

static bool
write_errors(struct import_batch *b, struct db *db,
    const struct import_target *target, struct err *err)
{
	size_t n = gather_errors(b,
	    target->errors_left > 0 ? (size_t)target->errors_left : 0);

	return n == 0 || db_run(db, Q_IMPORT_REJECT,
			     DB_ARGS(db_int(target->import_id),
				 db_int_array(b->numbers, n),
				 db_text_array(b->columns[0], n),
				 db_text_array(b->columns[1], n)),
			     NULL, err);
}

bool
import_batch_write(struct import_batch *b, struct db *db,
    const struct import_target *target, struct import_counts *counts,
    struct err *err)
{
	size_t n;
	int round;

	*counts = (struct import_counts){
	    .rows_read = (int64_t)(b->row_count + b->error_count)};
	if (!look_for_suppressed(b, db, target->list_id, counts, err))
		return false;
	for (round = 0; round < b->rounds; round++) {
		n = gather_round(b, round);
		if (!write_columns(b, n, db, target, counts, err))
			return false;
	}
	counts->rejected = counts->rows_read - counts->inserted -
			   counts->updated - counts->unchanged;
	return write_errors(b, db, target, err);
}
