/* How much of a mailbox is read in a day. */
#include "bounce/mailbox_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define MIB (1LL << 20)

void
mailbox_budget_count(struct mailbox *m)
{
	struct byte_budget *b = &m->row.budget;

	if (m->link == NULL)
		return;
	byte_budget_count(b, mailbox_link_bytes(m->link), clock_wall_us());
	if (byte_budget_save(b))
		mailbox_tell(m, Q_MAILBOX_SPENT,
		    DB_ARGS(db_int(m->row.id), db_int(b->day),
			db_int(b->used)));
}

bool
mailbox_budget_ends(struct mailbox *m)
{
	const struct byte_budget *b = &m->row.budget;
	struct err why;

	if (!byte_budget_is_over(b))
		return false;
	err_set(&why, FAIL_BUSY,
	    "%lld MiB are read today, of %lld (bytes_per_day): until it ends "
	    "(UTC) only a look every %d minutes",
	    (long long)(b->used / MIB), (long long)(b->per_day / MIB),
	    BYTE_BUDGET_PAUSE_MS / 60000);
	log_warn("mailbox_budget", "mailbox=%lld bytes=%lld per_day=%lld",
	    (long long)m->row.id, (long long)b->used, (long long)b->per_day);
	mailbox_drop_link(m);
	mailbox_trouble(m, why.text);
	loop_timer_start(m->timer, BYTE_BUDGET_PAUSE_MS);
	return true;
}
