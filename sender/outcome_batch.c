#include "sender/outcome_batch.h"

#include "db/tuples.h"
#include "lib/base/mem.h"

#define SCRATCH_MAX (256U << 20) /* arrays of one batch */
/* Fewer rows are inserted by a statement: that takes one round trip. */
#define COPY_MIN 32

const char *
ledger_state_name(enum ledger_state s)
{
	static const char *const names[LEDGER__COUNT] = {
	    [LEDGER_UNCERTAIN] = "uncertain",
	    [LEDGER_DEFERRED] = "deferred",
	    [LEDGER_FAILED] = "failed",
	    [LEDGER_SUPPRESSED] = "suppressed",
	    [LEDGER_ACCEPTED] = "accepted",
	};

	return names[s];
}

struct outcome_batch *
outcome_batch_new(void)
{
	struct outcome_batch *b = NEW(struct outcome_batch);

	arena_init(&b->arena, OUTCOME_TEXTS_MAX);
	return b;
}

void
outcome_batch_free(struct outcome_batch *b)
{
	if (b == NULL)
		return;
	arena_release(&b->arena);
	free(b->rows);
	free(b->steps);
	free(b->asides);
	free(b->released);
	free(b);
}

static size_t
grown(size_t cap)
{
	return cap > 0 ? cap * 2 : 32;
}

/* What comes from a peer is UTF-8 by then; our own errors quote file names
 * and the like. */
static struct str
storable(struct arena *a, struct str s)
{
	char *p;
	size_t i;

	if (s.p == NULL || str_is_utf8(s))
		return s.p != NULL ? arena_dup(a, s) : s;
	p = arena_cstr(a, s);
	for (i = 0; i < s.n; i++)
		if ((unsigned char)p[i] >= 0x80)
			p[i] = '?';
	return (struct str){p, s.n};
}

void
outcome_batch_add(struct outcome_batch *b, const struct outcome_row *row)
{
	struct outcome_row *mine;

	if (b->count == b->cap) {
		b->cap = grown(b->cap);
		b->rows = mem_grow(b->rows, b->cap, sizeof(*b->rows));
	}
	mine = &b->rows[b->count++];
	*mine = *row;
	mine->reply = storable(&b->arena, row->reply);
}

void
outcome_batch_step(struct outcome_batch *b, struct lease *lease,
    enum lease_step step, int64_t watermark)
{
	if (b->step_count == b->step_cap) {
		b->step_cap = grown(b->step_cap);
		b->steps = mem_grow(b->steps, b->step_cap, sizeof(*b->steps));
	}
	b->steps[b->step_count++] = (struct outcome_step){
	    .lease = lease,
	    .step = step,
	    .watermark = watermark,
	};
}

void
outcome_batch_aside(struct outcome_batch *b, const struct outcome_aside *aside)
{
	struct outcome_aside *mine;

	if (b->aside_count == b->aside_cap) {
		b->aside_cap = grown(b->aside_cap);
		b->asides =
		    mem_grow(b->asides, b->aside_cap, sizeof(*b->asides));
	}
	mine = &b->asides[b->aside_count++];
	*mine = *aside;
	if (aside->paused.p != NULL)
		mine->paused = arena_dup(&b->arena, aside->paused);
}

void
outcome_batch_release(struct outcome_batch *b, int64_t delivery)
{
	if (b->released_count == b->released_cap) {
		b->released_cap = grown(b->released_cap);
		b->released =
		    mem_grow(b->released, b->released_cap, sizeof(int64_t));
	}
	b->released[b->released_count++] = delivery;
}

void
outcome_batch_take(struct outcome_batch *b, struct outcome_batch *from,
    size_t most)
{
	size_t i;

	for (i = 0; i < from->aside_count; i++)
		outcome_batch_aside(b, &from->asides[i]);
	from->aside_count = 0;
	if (most > from->count)
		most = from->count;
	if (most == 0)
		return;
	for (i = 0; i < most; i++)
		outcome_batch_add(b, &from->rows[i]);
	from->count -= most;
	memmove(from->rows, from->rows + most,
	    from->count * sizeof(*from->rows));
}

/* The rows turned into one array a column. */
struct columns {
	struct arena *a;
	size_t n;
	int64_t *delivery, *attempt, *at, *account, *code, *retry_ms, *first_at;
	struct str *state, *status, *scope, *type, *category, *reply, *group;
};

#define INTS(c, most)  ARENA_ARRAY((c)->a, int64_t, (most) + 1)
#define TEXTS(c, most) ARENA_ARRAY((c)->a, struct str, (most) + 1)

static void
columns_init(struct columns *c, struct arena *a, size_t most)
{
	*c = (struct columns){.a = a};
	c->delivery = INTS(c, most);
	c->attempt = INTS(c, most);
	c->at = INTS(c, most);
	c->account = INTS(c, most);
	c->code = INTS(c, most);
	c->retry_ms = INTS(c, most);
	c->first_at = INTS(c, most);
	c->state = TEXTS(c, most);
	c->status = TEXTS(c, most);
	c->scope = TEXTS(c, most);
	c->type = TEXTS(c, most);
	c->category = TEXTS(c, most);
	c->reply = TEXTS(c, most);
	c->group = TEXTS(c, most);
}

static void
columns_diagnosis(struct columns *c, size_t i, const struct diagnosis *d)
{
	c->scope[i] = str_of(scope_name(d->scope));
	if (d->type != BOUNCE_NONE)
		c->type[i] = str_of(bounce_type_name(d->type));
	if (d->category != CATEGORY_NONE)
		c->category[i] = str_of(category_name(d->category));
}

static void
columns_add(struct columns *c, const struct outcome_row *row)
{
	char status[STATUS_TEXT_MAX];
	size_t i = c->n++;

	c->delivery[i] = row->delivery;
	c->attempt[i] = row->attempt;
	c->at[i] = row->at_us;
	c->account[i] = row->account_id;
	c->code[i] = row->code;
	c->retry_ms[i] = row->retry_ms;
	c->first_at[i] = row->first_at_us;
	c->state[i] = str_of(ledger_state_name(row->state));
	c->reply[i] = row->reply;
	if (row->status.class != 0)
		c->status[i] =
		    arena_dup(c->a, str_of(status_text(row->status, status)));
	if (row->diagnosed)
		columns_diagnosis(c, i, &row->diagnosis);
}

static void
write_outcomes(const struct outcome_batch *b, struct arena *a,
    struct db_batch *db)
{
	struct columns c;
	size_t i;

	columns_init(&c, a, b->count);
	for (i = 0; i < b->count; i++)
		columns_add(&c, &b->rows[i]);
	db_batch_add(db, Q_OUTCOME_RECORD,
	    DB_ARGS(db_int_array(c.delivery, c.n), db_int_array(c.attempt, c.n),
		db_text_array(c.state, c.n), db_time_array(c.at, c.n),
		db_int_array(c.account, c.n), db_int_array(c.code, c.n),
		db_text_array(c.status, c.n), db_text_array(c.scope, c.n),
		db_text_array(c.type, c.n), db_text_array(c.category, c.n),
		db_text_array(c.reply, c.n)));
}

/* As outcome_copy has the columns. */
static void
add_tuple(struct tuples *t, const struct outcome_row *row)
{
	const struct diagnosis *d = &row->diagnosis;
	bool told = row->diagnosed;
	char status[STATUS_TEXT_MAX];

	tuples_row(t, 11);
	tuples_bigint(t, row->delivery);
	tuples_smallint(t, row->attempt);
	tuples_text(t, str_of(ledger_state_name(row->state)));
	tuples_time(t, row->at_us);
	if (row->account_id != 0)
		tuples_bigint(t, row->account_id);
	else
		tuples_null(t);
	if (row->code != 0)
		tuples_smallint(t, row->code);
	else
		tuples_null(t);
	tuples_text(t, row->status.class != 0
			   ? str_of(status_text(row->status, status))
			   : STR_NONE);
	tuples_text(t, told ? str_of(scope_name(d->scope)) : STR_NONE);
	tuples_text(t, told && d->type != BOUNCE_NONE
			   ? str_of(bounce_type_name(d->type))
			   : STR_NONE);
	tuples_text(t, told && d->category != CATEGORY_NONE
			   ? str_of(category_name(d->category))
			   : STR_NONE);
	tuples_text(t, row->reply);
}

static void
copy_outcomes(const struct outcome_batch *b, struct db_batch *db)
{
	struct tuples t;
	size_t i;

	tuples_init(&t, DB_BATCH_BYTES_MAX);
	tuples_begin(&t);
	for (i = 0; i < b->count; i++)
		add_tuple(&t, &b->rows[i]);
	db_batch_copy(db, Q_OUTCOME_COPY, tuples_end(&t));
	tuples_release(&t);
}

static void
write_retries(const struct outcome_batch *b, struct arena *a,
    struct db_batch *db)
{
	struct columns c;
	size_t i;

	columns_init(&c, a, b->count);
	for (i = 0; i < b->count; i++)
		if (b->rows[i].retry_ms >= 0) {
			columns_add(&c, &b->rows[i]);
			c.attempt[c.n - 1]++;
		}
	if (c.n > 0)
		db_batch_add(db, Q_RETRY_PUT,
		    DB_ARGS(db_int_array(c.delivery, c.n),
			db_int_array(c.attempt, c.n),
			db_int_array(c.retry_ms, c.n),
			db_time_array(c.first_at, c.n),
			db_int_array(c.account, c.n)));
}

static void
write_settled(const struct outcome_batch *b, struct arena *a,
    struct db_batch *db)
{
	int64_t *ids = ARENA_ARRAY(a, int64_t, b->count + 1);
	size_t i, n = 0;

	for (i = 0; i < b->count; i++)
		if (b->rows[i].settles_retry)
			ids[n++] = b->rows[i].delivery;
	if (n > 0)
		db_batch_add(db, Q_RETRY_SETTLE, DB_ARGS(db_int_array(ids, n)));
}

/* May it be one soft bounce too many of this person? */
static bool
is_strike(const struct diagnosis *d)
{
	return d->scope == SCOPE_RECIPIENT && d->type == BOUNCE_SOFT &&
	       d->category != CATEGORY_THROTTLED;
}

static void
write_refusals(const struct outcome_batch *b, struct arena *a,
    struct db_batch *db)
{
	int64_t *soft = ARENA_ARRAY(a, int64_t, b->count + 1);
	struct columns c;
	size_t i, softs = 0;

	columns_init(&c, a, b->count);
	for (i = 0; i < b->count; i++) {
		if (!b->rows[i].is_bounce)
			continue;
		columns_add(&c, &b->rows[i]);
		if (is_strike(&b->rows[i].diagnosis))
			soft[softs++] = b->rows[i].delivery;
	}
	if (c.n > 0)
		db_batch_add(db, Q_REFUSAL_RECORD,
		    DB_ARGS(db_int_array(c.delivery, c.n),
			db_text_array(c.scope, c.n), db_text_array(c.type, c.n),
			db_text_array(c.category, c.n),
			db_text_array(c.status, c.n), db_int_array(c.code, c.n),
			db_text_array(c.reply, c.n)));
	if (softs > 0)
		db_batch_add(db, Q_REFUSAL_STRIKES,
		    DB_ARGS(db_int_array(soft, softs)));
}

/* Whoever has taken our lease over may have called them uncertain, too, for
 * want of knowing.  We do know, and shall not when our journal is read one
 * day: it forgets what is recorded. */
static void
write_known(const struct outcome_batch *b, const char *holder, struct arena *a,
    struct db_batch *db)
{
	int64_t *ids = ARENA_ARRAY(a, int64_t, b->count + 1);
	int64_t *attempts = ARENA_ARRAY(a, int64_t, b->count + 1);
	size_t i, n = 0;

	for (i = 0; i < b->count; i++)
		if (b->rows[i].state == LEDGER_UNCERTAIN) {
			ids[n] = b->rows[i].delivery;
			attempts[n++] = b->rows[i].attempt;
		}
	if (n > 0)
		db_batch_add(db, Q_JOURNAL_KNOWN,
		    DB_ARGS(db_cstr(holder), db_int_array(ids, n),
			db_int_array(attempts, n)));
}

static void
write_asides(const struct outcome_batch *b, const char *holder, struct arena *a,
    struct db_batch *db)
{
	int64_t *firsts = ARENA_ARRAY(a, int64_t, b->aside_count);
	int64_t *epochs = ARENA_ARRAY(a, int64_t, b->aside_count);
	const struct outcome_aside *at = b->asides;
	struct columns c;

	columns_init(&c, a, b->aside_count);
	for (; c.n < b->aside_count; c.n++, at++) {
		c.delivery[c.n] = at->delivery;
		c.attempt[c.n] = at->attempt;
		c.retry_ms[c.n] = at->delay_ms;
		c.first_at[c.n] = at->first_at_us;
		c.account[c.n] = at->account_id;
		if (at->lease->kind == LEASE_RANGE)
			firsts[c.n] = at->lease->first_id;
		epochs[c.n] = at->lease->epoch;
		c.group[c.n] = at->paused;
	}
	db_batch_add(db, Q_RETRY_ASIDE,
	    DB_ARGS(db_cstr(holder), db_int_array(c.delivery, c.n),
		db_int_array(c.attempt, c.n), db_int_array(c.retry_ms, c.n),
		db_time_array(c.first_at, c.n), db_int_array(c.account, c.n),
		db_int_array(firsts, c.n), db_int_array(epochs, c.n),
		db_text_array(c.group, c.n)));
}

static void
write_steps(const struct outcome_batch *b, struct arena *a, struct db_batch *db)
{
	int64_t *campaigns = ARENA_ARRAY(a, int64_t, b->step_count + 1);
	int64_t *firsts = ARENA_ARRAY(a, int64_t, b->step_count + 1);
	int64_t *epochs = ARENA_ARRAY(a, int64_t, b->step_count + 1);
	int64_t *watermarks = ARENA_ARRAY(a, int64_t, b->step_count + 1);
	int64_t *steps = ARENA_ARRAY(a, int64_t, b->step_count + 1);
	int64_t *pending = ARENA_ARRAY(a, int64_t, b->step_count + 1);
	size_t i, n = b->step_count;

	for (i = 0; i < n; i++) {
		campaigns[i] = b->steps[i].lease->first_id >> 32;
		firsts[i] = b->steps[i].lease->first_id;
		epochs[i] = b->steps[i].lease->epoch;
		watermarks[i] = b->steps[i].watermark;
		steps[i] = b->steps[i].step;
		pending[i] = lease_pending(b->steps[i].lease);
	}
	db_batch_add(db, Q_LEASE_PROGRESS,
	    DB_ARGS(db_int_array(campaigns, n), db_int_array(firsts, n),
		db_int_array(epochs, n), db_int_array(watermarks, n),
		db_int_array(steps, n), db_int_array(pending, n)));
}

void
outcome_batch_write(const struct outcome_batch *b, const char *holder,
    struct db_batch *db)
{
	struct arena a;

	arena_init(&a, SCRATCH_MAX);
	if (b->step_count > 0)
		write_steps(b, &a, db);
	if (b->count > 0) {
		if (b->said || b->count < COPY_MIN)
			write_outcomes(b, &a, db);
		else
			copy_outcomes(b, db);
		write_retries(b, &a, db);
		write_settled(b, &a, db);
		write_refusals(b, &a, db);
		write_known(b, holder, &a, db);
	}
	if (b->aside_count > 0)
		write_asides(b, holder, &a, db);
	if (b->released_count > 0)
		db_batch_add(db, Q_RETRY_RELEASE,
		    DB_ARGS(db_cstr(holder),
			db_int_array(b->released, b->released_count)));
	arena_release(&a);
}
