#include "sender/supply.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "sender/content_freeze.h"

#define BATCH 1000

const struct supply_kind supply_messages = {
    .name = "messages",
    .lock = Q_MESSAGE_LOCK,
    .due = Q_MESSAGE_DUE,
    .begin = Q_MESSAGE_BEGIN,
    .give = Q_MESSAGE_GIVE,
};

const struct supply_kind supply_confirmations = {
    .name = "confirmations",
    .lock = Q_CONFIRMATION_LOCK,
    .due = Q_CONFIRMATION_DUE,
    .begin = Q_CONFIRMATION_BEGIN,
    .give = Q_CONFIRMATION_GIVE,
};

enum { DUE_SOURCE, DUE_MADE_BY, DUE_CAMPAIGN };

struct due {
	int64_t source, made_by;
	int64_t campaign; /* of today; 0: none yet */
};

/* due->source is 0 when nothing waits. */
static bool
find(struct due *due, const struct supply *s, struct db *db, struct err *err)
{
	struct db_result r;

	*due = (struct due){0};
	if (!db_run(db, s->kind->due, DB_ARGS(db_int_array(s->barred, s->n)),
		&r, err))
		return false;
	if (db_rows(&r) > 0) {
		due->source = db_get_int(&r, 0, DUE_SOURCE);
		due->made_by = db_get_int(&r, 0, DUE_MADE_BY);
		if (!db_is_null(&r, 0, DUE_CAMPAIGN))
			due->campaign = db_get_int(&r, 0, DUE_CAMPAIGN);
	}
	db_result_free(&r);
	return true;
}

static bool
begin(struct due *due, const struct supply *s, struct db *db,
    const struct settings *settings, struct err *err)
{
	struct db_result r;

	if (!db_one(db, s->kind->begin,
		DB_ARGS(db_int(due->source), db_int(due->made_by)), &r, err))
		return false;
	due->campaign = db_get_int(&r, 0, 0);
	db_result_free(&r);
	return content_freeze(db, due->campaign, settings->postal_address,
		   err) &&
	       db_run(db, Q_AUDIENCE_PARTITION, DB_ARGS(db_int(due->campaign)),
		   NULL, err);
}

static bool
give(const struct due *due, const struct supply *s, struct db *db,
    struct err *err)
{
	struct db_result r;

	if (!db_one(db, s->kind->give,
		DB_ARGS(db_int(due->source), db_int(due->campaign),
		    db_int(BATCH)),
		&r, err))
		return false;
	log_info("given", "what=%s source=%lld campaign=%lld count=%lld",
	    s->kind->name, (long long)due->source, (long long)due->campaign,
	    (long long)db_get_int(&r, 0, 0));
	db_result_free(&r);
	return true;
}

/* Within a transaction.  *more: there was something, and may be more. */
static bool
give_some(struct due *due, bool *more, const struct supply *s, struct db *db,
    const struct settings *settings, struct err *err)
{
	struct db_result r;
	bool locked;

	if (!db_one(db, s->kind->lock, DB_NO_ARGS, &r, err))
		return false;
	locked = db_get_bool(&r, 0, 0);
	db_result_free(&r);
	*more = false;
	if (!locked || !find(due, s, db, err))
		return !locked;
	if (due->source == 0)
		return true;
	*more = true;
	return (due->campaign != 0 || begin(due, s, db, settings, err)) &&
	       give(due, s, db, err);
}

/* What another try does not mend: the other sources go on. */
static bool
put_aside(struct supply *s, int64_t source, struct err *err)
{
	bool lasting = err->kind != FAIL_IO && err->kind != FAIL_BUSY &&
		       err->kind != FAIL_TIMEOUT && err->kind != FAIL_AUTH;

	if (source == 0 || !lasting || s->n == SUPPLY_BARRED_MAX)
		return false;
	log_warn("not_given", "what=%s source=%lld reason=%s", s->kind->name,
	    (long long)source, log_quote(str_of(err->text)));
	if (s->n == 0)
		s->until_ms = clock_mono_ms() + SUPPLY_BARRED_MS;
	s->barred[s->n++] = source;
	*err = (struct err){FAIL_NONE, ""};
	return true;
}

bool
supply_give_due(struct supply *s, struct db *db,
    const struct settings *settings, struct err *err)
{
	struct due due;
	bool more;

	if (s->n > 0 && clock_mono_ms() > s->until_ms)
		s->n = 0;
	if (!find(&due, s, db, err))
		return false;
	for (more = due.source != 0; more;) {
		if (!db_begin(db, err))
			return false;
		if (give_some(&due, &more, s, db, settings, err) &&
		    db_commit(db, err))
			continue;
		db_rollback(db);
		if (!put_aside(s, due.source, err))
			return false;
	}
	return true;
}
