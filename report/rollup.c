#include "report/rollup.h"

#include "lib/base/mem.h"
#include "lib/mail/provider.h"

#define DOMAINS_MAX 10000 /* a round; LIMIT of rollup_new_domains */

/* Transactions from..to are what is new. */
struct span {
	int64_t from, to;
	bool known_here; /* this cluster numbered them */
};

static const char *const names[ROLLUP__COUNT] = {
    [ROLLUP_OUTCOMES] = "outcome",
    [ROLLUP_EVENTS] = "event",
    [ROLLUP_LISTS] = "list",
};

const char *
rollup_source_name(enum rollup_source source)
{
	return names[source];
}

static bool
mark_take(struct db *db, enum rollup_source source, struct span *span,
    struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_MARK_TAKE, DB_ARGS(db_cstr(names[source])), &r, err))
		return false;
	span->from = db_get_int(&r, 0, 0);
	span->to = db_get_int(&r, 0, 1);
	span->known_here = db_get_bool(&r, 0, 2);
	db_result_free(&r);
	return true;
}

static bool
count(struct db *db, enum rollup_source source, const struct span *span,
    int64_t *rows, struct err *err)
{
	struct db_arg from = db_int(span->from), to = db_int(span->to);
	struct db_result r;
	bool ok = false;

	switch (source) {
	case ROLLUP_OUTCOMES:
		ok = db_one(db, Q_ROLLUP_OUTCOMES, DB_ARGS(from, to), &r, err);
		break;
	case ROLLUP_EVENTS:
		ok = db_one(db, Q_ROLLUP_EVENTS, DB_ARGS(from, to), &r, err);
		break;
	case ROLLUP_LISTS:
		ok = db_one(db, Q_ROLLUP_LISTS, DB_ARGS(from), &r, err);
		break;
	case ROLLUP__COUNT: BUG("no source");
	}
	if (!ok)
		return false;
	*rows = db_get_int(&r, 0, 0);
	db_result_free(&r);
	return true;
}

/* In a database that was restored elsewhere everything is counted anew. */
static bool
reset(struct db *db, struct err *err)
{
	static const enum query steps[] = {Q_RESET_LOCK, Q_RESET_ROLLUPS,
	    Q_RESET_OUTCOMES, Q_RESET_EVENTS, Q_RESET_MARKS};
	size_t i;

	for (i = 0; i < ARRAY_LEN(steps); i++)
		if (!db_run(db, steps[i], DB_NO_ARGS, NULL, err))
			return false;
	return true;
}

static bool
run(struct db *db, enum rollup_source source, int64_t *rows, struct err *err)
{
	struct span span;

	if (!mark_take(db, source, &span, err))
		return false;
	if (!span.known_here &&
	    (!reset(db, err) || !mark_take(db, source, &span, err)))
		return false;
	return db_run(db, Q_ROLLUP_MEMORY, DB_NO_ARGS, NULL, err) &&
	       count(db, source, &span, rows, err) &&
	       db_run(db, Q_MARK_MOVE,
		   DB_ARGS(db_cstr(names[source]), db_int(span.to)), NULL, err);
}

bool
rollup_run(struct db *db, enum rollup_source source, int64_t *rows,
    struct err *err)
{
	if (!db_begin(db, err))
		return false;
	if (run(db, source, rows, err) && db_commit(db, err))
		return true;
	db_rollback(db);
	return err_wrap(err, "count new rows of %s", names[source]);
}

/* Of some new domains; *more when there may be others. */
static bool
name_providers(struct db *db, bool *more, struct err *err)
{
	struct str *domains, *groups;
	struct db_result r;
	int i, n;
	bool ok;

	if (!db_run(db, Q_ROLLUP_NEW_DOMAINS, DB_NO_ARGS, &r, err))
		return false;
	n = db_rows(&r);
	domains = NEW_ARRAY(struct str, (size_t)n + 1);
	groups = NEW_ARRAY(struct str, (size_t)n + 1);
	for (i = 0; i < n; i++) {
		domains[i] = db_get_text(&r, i, 0);
		groups[i] = provider_group(domains[i]);
	}
	ok = n == 0 || db_run(db, Q_ROLLUP_PROVIDER_ADD,
			   DB_ARGS(db_text_array(domains, (size_t)n),
			       db_text_array(groups, (size_t)n)),
			   NULL, err);
	*more = n == DOMAINS_MAX;
	free(domains);
	free(groups);
	db_result_free(&r);
	return ok;
}

bool
rollup_finish(struct db *db, struct err *err)
{
	bool more = true;

	while (more)
		if (!name_providers(db, &more, err))
			return false;
	return db_run(db, Q_ROLLUP_SUMMARIZE, DB_NO_ARGS, NULL, err);
}
