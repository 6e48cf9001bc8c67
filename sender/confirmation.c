#include "sender/confirmation.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "sender/content_freeze.h"

#define BATCH 1000

enum { DUE_LIST, DUE_DRAFT, DUE_CAMPAIGN };

struct due {
	int64_t list, draft;
	int64_t campaign; /* of today; 0: none yet */
};

/* due->list is 0 when nothing waits. */
static bool
find(struct due *due, const struct confirmation_bar *bar, struct db *db,
    struct err *err)
{
	struct db_result r;

	*due = (struct due){0};
	if (!db_run(db, Q_CONFIRMATION_DUE,
		DB_ARGS(db_int_array(bar->lists, bar->n)), &r, err))
		return false;
	if (db_rows(&r) > 0) {
		due->list = db_get_int(&r, 0, DUE_LIST);
		due->draft = db_get_int(&r, 0, DUE_DRAFT);
		if (!db_is_null(&r, 0, DUE_CAMPAIGN))
			due->campaign = db_get_int(&r, 0, DUE_CAMPAIGN);
	}
	db_result_free(&r);
	return true;
}

static bool
begin(struct due *due, struct db *db, const struct settings *settings,
    struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_CONFIRMATION_BEGIN,
		DB_ARGS(db_int(due->list), db_int(due->draft)), &r, err))
		return false;
	due->campaign = db_get_int(&r, 0, 0);
	db_result_free(&r);
	return content_freeze(db, due->campaign, settings->postal_address,
		   err) &&
	       db_run(db, Q_AUDIENCE_PARTITION, DB_ARGS(db_int(due->campaign)),
		   NULL, err);
}

static bool
give(const struct due *due, struct db *db, struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_CONFIRMATION_GIVE,
		DB_ARGS(db_int(due->list), db_int(due->campaign),
		    db_int(BATCH)),
		&r, err))
		return false;
	log_info("confirmations_given", "list=%lld campaign=%lld count=%lld",
	    (long long)due->list, (long long)due->campaign,
	    (long long)db_get_int(&r, 0, 0));
	db_result_free(&r);
	return true;
}

/* Within a transaction.  *more: there was something, and may be more. */
static bool
give_some(struct due *due, bool *more, const struct confirmation_bar *bar,
    struct db *db, const struct settings *settings, struct err *err)
{
	struct db_result r;
	bool locked;

	if (!db_one(db, Q_CONFIRMATION_LOCK, DB_NO_ARGS, &r, err))
		return false;
	locked = db_get_bool(&r, 0, 0);
	db_result_free(&r);
	*more = false;
	if (!locked || !find(due, bar, db, err))
		return !locked;
	if (due->list == 0)
		return true;
	*more = true;
	return (due->campaign != 0 || begin(due, db, settings, err)) &&
	       give(due, db, err);
}

/* What another try does not mend: the other lists go on. */
static bool
put_aside(struct confirmation_bar *bar, int64_t list, struct err *err)
{
	bool lasting = err->kind != FAIL_IO && err->kind != FAIL_BUSY &&
		       err->kind != FAIL_TIMEOUT && err->kind != FAIL_AUTH;

	if (list == 0 || !lasting || bar->n == CONFIRMATION_BARRED_MAX)
		return false;
	log_warn("confirmations_wait", "list=%lld reason=%s", (long long)list,
	    log_quote(str_of(err->text)));
	if (bar->n == 0)
		bar->until_ms = clock_mono_ms() + CONFIRMATION_BARRED_MS;
	bar->lists[bar->n++] = list;
	*err = (struct err){FAIL_NONE, ""};
	return true;
}

bool
confirmation_give_due(struct confirmation_bar *bar, struct db *db,
    const struct settings *settings, struct err *err)
{
	struct due due;
	bool more;

	if (bar->n > 0 && clock_mono_ms() > bar->until_ms)
		bar->n = 0;
	if (!find(&due, bar, db, err))
		return false;
	for (more = due.list != 0; more;) {
		if (!db_begin(db, err))
			return false;
		if (give_some(&due, &more, bar, db, settings, err) &&
		    db_commit(db, err))
			continue;
		db_rollback(db);
		if (!put_aside(bar, due.list, err))
			return false;
	}
	return true;
}
