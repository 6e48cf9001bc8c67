#include "sender/stall.h"

#include "sender/parcel.h"

/* Messages that keep their connections waiting. */
struct stall {
	struct lanes *lanes;
	const struct lane *lane; /* the first one's */
	int count, same;         /* of its lane */
	bool alone;              /* it has every connection, and others wait */
	int64_t now;
};

static struct lane *
lane_of(const struct smtp_pool_wait *wait)
{
	const struct parcel *p = wait->message->owner;

	return p->lane;
}

/* Who cannot be freed from where it stands, is not counted: its group goes
 * on without it.  A slow group may come to hold a connection more at every
 * try, and gets no more than its share of them. */
static void
excuse(const struct smtp_message *m, const struct stall *s)
{
	struct parcel *p = m->owner;
	struct lane *l = p->lane;

	if (l == NULL || p->excused ||
	    (l->state == LANE_SLOW &&
		(l->excused + 2) * LANE_SLOW_SHARE > s->lanes->relay->share))
		return;
	p->excused = true;
	l->excused++;
	lanes_offer_room(l, s->now);
}

static int64_t
waited_ms(const struct smtp_pool_wait *wait, const struct stall *s)
{
	return lanes_waited_ms(s->lanes, wait->waited_ms, s->now);
}

static void
count_wait(struct smtp_pool_wait *wait, void *arg)
{
	const struct lane *l = lane_of(wait);
	struct stall *s = arg;

	if (l == NULL ||
	    waited_ms(wait, s) <= lane_patience_ms(l, &s->lanes->pace))
		return;
	if (s->count++ == 0)
		s->lane = l;
	s->same += l == s->lane;
}

static void
judge_wait(struct smtp_pool_wait *wait, void *arg)
{
	struct stall *s = arg;
	struct lane *l = lane_of(wait);
	struct pace *p = &s->lanes->pace;
	int64_t waited = waited_ms(wait, s);
	enum lane_state before;

	if (l == NULL || waited <= lane_patience_ms(l, p))
		return;
	if (!s->alone && l->state != LANE_SLOW &&
	    !lane_is_to_blame(l, p, waited, s->now))
		return;
	before = l->state;
	p->connections = s->lanes->relay->share;
	lane_stalled(l, p, waited, s->now);
	lanes_watch(l);
	if (l->state != before)
		lanes_log(l);
	wait->give_up = true;
	if (!wait->dot_sent)
		return;
	excuse(wait->message, s);
	if (wait->behind != NULL)
		excuse(wait->behind, s);
}

void
stall_look(struct lanes *s, int64_t now)
{
	struct smtp_pool *pool = s->relay->pool->pool;
	struct stall stall = {.lanes = s, .now = now};
	int64_t patience = pace_patience_ms(&s->pace);
	struct smtp_pool_state state;

	if (s->under_way == 0)
		return;
	smtp_pool_waits(pool, patience, count_wait, &stall);
	if (stall.count == 0)
		return;
	smtp_pool_state(pool, &state);
	stall.alone = stall.count == stall.same &&
		      stall.count >= state.working + state.idle &&
		      s->under_way > stall.lane->under_way;
	smtp_pool_waits(pool, patience, judge_wait, &stall);
	if (stall.alone)
		pace_doubt(&s->pace);
}
