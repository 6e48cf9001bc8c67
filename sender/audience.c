#include "sender/audience.h"

#include "lib/base/log.h"
#include "sender/content_freeze.h"

#define WHY_MAX 500

enum { CHECK_TEMPLATE, CHECK_ACCOUNT, CHECK_ABSENT_LAYOUT };

/* Whether it can start; if not, why says what a person has to do. */
static bool
check(struct db *db, int64_t id, char why[WHY_MAX], struct err *err)
{
	struct db_result r;

	why[0] = '\0';
	if (!db_one(db, Q_START_CHECK, DB_ARGS(db_int(id)), &r, err))
		return false;
	if (!db_get_bool(&r, 0, CHECK_TEMPLATE))
		snprintf(why, WHY_MAX, "the campaign has no template");
	else if (!db_get_bool(&r, 0, CHECK_ACCOUNT))
		snprintf(why, WHY_MAX, "the campaign has no account");
	else if (!db_is_null(&r, 0, CHECK_ABSENT_LAYOUT))
		snprintf(why, WHY_MAX,
		    "the template has an error: layout: there is no snippet "
		    "\"%.*s\"",
		    STR_ARG(db_get_text(&r, 0, CHECK_ABSENT_LAYOUT)));
	db_result_free(&r);
	return true;
}

static bool
freeze(struct db *db, int64_t id, const struct settings *settings,
    struct err *err)
{
	const struct db_args campaign = DB_ARGS(db_int(id));
	struct db_result r;
	int64_t n;

	if (!db_run(db, Q_EXPERIMENT_DECIDE, campaign, NULL, err) ||
	    !content_freeze(db, id, settings->postal_address, err) ||
	    !db_run(db, Q_AUDIENCE_PARTITION, campaign, NULL, err) ||
	    !db_run(db, Q_AUDIENCE_FREEZE,
		DB_ARGS(db_int(id), db_int(settings->frequency_messages),
		    db_int(settings->frequency_days)),
		&r, err))
		return false;
	n = db_affected(&r);
	db_result_free(&r);
	if (!db_run(db, Q_LEASE_CREATE,
		DB_ARGS(db_int(id), db_int(n), db_int(settings->lease_size)),
		NULL, err) ||
	    !db_run(db, Q_CAMPAIGN_BEGIN, DB_ARGS(db_int(id), db_int(n)), NULL,
		err))
		return false;
	log_info("campaign_started", "campaign=%lld audience=%lld",
	    (long long)id, (long long)n);
	return true;
}

static bool
halt(struct db *db, int64_t id, const char *why, struct err *err)
{
	log_warn("campaign_paused", "campaign=%lld reason=%s", (long long)id,
	    log_quote(str_of(why)));
	return db_run(db, Q_CAMPAIGN_HALT, DB_ARGS(db_int(id), db_cstr(why)),
	    NULL, err);
}

/* The campaign's row is locked. */
static bool
start(struct db *db, int64_t id, bool frozen, const struct settings *settings,
    struct err *err)
{
	char why[WHY_MAX];

	if (frozen)
		return db_run(db, Q_CAMPAIGN_GO_ON, DB_ARGS(db_int(id)), NULL,
		    err);
	if (!check(db, id, why, err))
		return false;
	if (why[0] != '\0')
		return halt(db, id, why, err);
	return freeze(db, id, settings, err);
}

static bool
find_due(struct db *db, int64_t late_s, int64_t *id, bool *frozen,
    struct err *err)
{
	struct db_result r;

	if (!db_run(db, Q_CAMPAIGN_DUE, DB_ARGS(db_int(late_s)), &r, err))
		return false;
	*id = 0;
	if (db_rows(&r) > 0) {
		*id = db_get_int(&r, 0, 0);
		*frozen = db_get_bool(&r, 0, 1);
	}
	db_result_free(&r);
	return true;
}

/* Trouble that another try does not mend would come back at every turn and
 * keep the campaigns behind it waiting. */
static bool
is_lasting(enum fail kind)
{
	return kind != FAIL_IO && kind != FAIL_BUSY && kind != FAIL_TIMEOUT &&
	       kind != FAIL_AUTH;
}

bool
audience_freeze_due(struct db *db, const struct settings *settings, bool *found,
    struct err *err)
{
	bool frozen = false;
	int64_t id = 0;

	if (!db_begin(db, err))
		return false;
	if (find_due(db, settings->late_start_s, &id, &frozen, err)) {
		*found = id != 0;
		if ((id == 0 || start(db, id, frozen, settings, err)) &&
		    db_commit(db, err))
			return true;
	}
	db_rollback(db);
	if (id == 0 || !is_lasting(err->kind))
		return false;
	return halt(db, id, err->text, err);
}
