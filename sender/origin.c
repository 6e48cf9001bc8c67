#include "sender/origin.h"

bool
origin_note(struct db *db, struct err *err)
{
	return db_run(db, Q_ORIGIN_NOTE, DB_NO_ARGS, NULL, err);
}

bool
origin_check(struct db *db, bool *ours, struct err *err)
{
	struct db_result r;

	if (!db_one(db, Q_ORIGIN_CHECK, DB_NO_ARGS, &r, err))
		return false;
	*ours = db_get_bool(&r, 0, 0);
	db_result_free(&r);
	return true;
}
