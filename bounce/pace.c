#include "bounce/pace.h"

#include "lib/base/digest.h"

void
pace_opened(struct pace *p)
{
	p->proven = true;
	p->refusals = 0;
}

void
pace_brought(struct pace *p)
{
	p->brought = true;
}

void
pace_rested(struct pace *p, int64_t now_ms)
{
	if (p->at_rest)
		return;
	p->at_rest = true;
	p->at_rest_ms = now_ms;
}

static bool
is_for_a_person(enum fail why)
{
	return why == FAIL_AUTH || why == FAIL_TLS || why == FAIL_MISSING;
}

static void
grant_quick(struct pace *p, int64_t now_ms)
{
	if (p->quick_at_ms != 0 &&
	    now_ms - p->quick_at_ms < PACE_QUICK_EVERY_MS)
		return;
	p->quick_at_ms = now_ms;
	p->quick_left = PACE_QUICK_MAX;
}

/* The line went away; nobody said no. */
static bool
may_be_quick(const struct pace *p, enum fail why, int64_t asked_ms)
{
	return p->quick_left > 0 && asked_ms < 0 &&
	       (why == FAIL_IO || why == FAIL_TIMEOUT);
}

/* Not all at the same moment: a server that restarts has many mailboxes. */
static int64_t
quick_pause(struct pace *p)
{
	uint32_t luck;
	int64_t ms;
	int i;

	random_bytes(&luck, sizeof(luck));
	ms = PACE_QUICK_MS + luck % PACE_QUICK_MS;
	for (i = p->quick_left; i < PACE_QUICK_MAX; i++)
		ms *= 4;
	p->quick_left--;
	return ms;
}

enum pace_advice
pace_closed(struct pace *p, enum fail why, int64_t asked_ms, int64_t now_ms,
    int64_t *pause_ms)
{
	bool rested = p->at_rest;
	bool was_good = (p->brought && why != FAIL_BUSY) ||
			(rested && now_ms - p->at_rest_ms >= PACE_SETTLED_MS);

	p->at_rest = p->brought = false;
	if (why == FAIL_INPUT)
		return PACE_NEVER;
	if (is_for_a_person(why) && ++p->refusals >= PACE_TRIES_MAX)
		return PACE_NEVER;
	if (is_for_a_person(why) && !p->proven && asked_ms < 0) {
		*pause_ms = (int64_t)PACE_SLIP_MS * p->refusals;
		return PACE_LATER;
	}
	if (was_good)
		imap_backoff_reset(&p->backoff);
	if (rested)
		grant_quick(p, now_ms);
	if (may_be_quick(p, why, asked_ms)) {
		*pause_ms = quick_pause(p);
		return PACE_SOON;
	}
	*pause_ms = imap_backoff_next(&p->backoff, asked_ms);
	return PACE_LATER;
}
