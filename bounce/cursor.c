#include "bounce/cursor.h"

/* Both may be told, then neither goes back. */
static bool
went_back(uint64_t stored, uint64_t told)
{
	return told != 0 && told < stored;
}

/* UIDNEXT at or below what was read: the server gives numbers a second time
 * without saying so. */
static bool
is_same_folder(const struct cursor *c, const struct mail_folder *box)
{
	return c->stored && c->uidvalidity == box->uidvalidity &&
	       !went_back((uint64_t)c->last_uid + 1, box->uidnext) &&
	       !went_back(c->modseq, box->highestmodseq);
}

bool
cursor_open(struct cursor *c, const struct mail_folder *box)
{
	bool same = is_same_folder(c, box);
	bool again = box->uidvalidity == c->open_uidvalidity &&
		     box->uidvalidity != c->uidvalidity;

	c->open_uidvalidity = box->uidvalidity;
	c->uidnext = box->uidnext;
	c->open_modseq = box->highestmodseq;
	if (same) {
		c->position = c->last_uid;
		return false;
	}
	c->position = 0;
	c->by_date = true;
	c->date_us = c->stored ? c->moved_us - CURSOR_RESCAN_US : c->since_us;
	if (!again) { /* else the first batch was in trouble */
		c->careful_until = 0;
		c->trouble_count = 0;
	}
	return c->stored;
}

bool
cursor_is_at_rest(const struct cursor *c)
{
	return c->stored && !c->by_date &&
	       c->uidvalidity == c->open_uidvalidity && c->modseq != 0 &&
	       c->modseq == c->open_modseq &&
	       c->uidnext == c->position + UINT64_C(1);
}

struct cursor_look
cursor_look(const struct cursor *c)
{
	return (
	    struct cursor_look){c->position + 1, c->by_date ? c->date_us : 0};
}

uint32_t
cursor_batch_max(const struct cursor *c, uint32_t most)
{
	return c->position < c->careful_until ? 1 : most;
}

/* A look by date is over when all that was there at the opening is read. */
static void
end_look_by_date(struct cursor *c)
{
	if (c->uidnext > 0 && c->position >= c->uidnext - 1)
		c->by_date = false;
}

void
cursor_moved(struct cursor *c, uint32_t uid, int64_t now_us)
{
	c->stored = true;
	c->uidvalidity = c->open_uidvalidity;
	c->last_uid = c->position = uid;
	c->modseq = c->open_modseq;
	c->moved_us = now_us;
	c->trouble_count = 0;
	end_look_by_date(c);
}

uint32_t
cursor_end(struct cursor *c)
{
	end_look_by_date(c);
	if (!c->by_date)
		c->modseq = c->open_modseq;
	return c->by_date && c->uidnext > 0 ? c->uidnext - 1 : 0;
}

void
cursor_troubled(struct cursor *c, uint32_t first, uint32_t last)
{
	c->careful_until = last;
	if (first != last)
		return;
	if (c->trouble_uid != first)
		c->trouble_count = 0;
	c->trouble_uid = first;
	c->trouble_count++;
}

bool
cursor_has_given_up(const struct cursor *c, uint32_t uid)
{
	return c->trouble_uid == uid && c->trouble_count >= CURSOR_TRIES_MAX;
}
