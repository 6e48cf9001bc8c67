#include "lib/base/base.h"

#include "sender/lane.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <limits.h>

#define SECOND_MS     1000
#define GAP_MAX_MS    60000 /* a longer one says that there was nobody */
#define CUT_REPLIES   10    /* fewer are no share of anything */
#define CUT_PUSHBACKS 2
#define REST_AFTER    3    /* pushbacks in a row at one at a time */
#define WORTH_MS      2000 /* waiting for */
#define TURN_MIN_MS   1000
#define RELAPSE_MS    600000
#define RELAPSES_MAX  8
#define HANGS_MS      200

const char *
lane_state_name(enum lane_state s)
{
	static const char *const names[] = {
	    [LANE_OPEN] = "open",
	    [LANE_REDUCED] = "reduced",
	    [LANE_SLOW] = "slow",
	};

	return names[s];
}

void
lane_init(struct lane *l, int ceiling)
{
	*l = (struct lane){
	    .allowed = LANE_FIRST,
	    .ceiling = ceiling,
	    .goal = INT_MAX,
	};
}

void
lane_release(struct lane *l)
{
	if (l->meter != NULL)
		meter_release(l->meter);
	free(l->meter);
	free(l->why);
	l->meter = NULL;
	l->why = NULL;
}

int
lane_room(const struct lane *l, int64_t now)
{
	int most = l->allowed < l->ceiling ? l->allowed : l->ceiling;

	if (now < l->shut_until_ms || l->under_way - l->excused >= most)
		return 0;
	if (l->meter != NULL && meter_left(l->meter) == 0)
		return 0;
	return most - (l->under_way - l->excused);
}

/* A slow lane's message may take for ever. */
bool
lane_is_shut(const struct lane *l, int64_t now)
{
	return l->shut_until_ms > now + WORTH_MS ||
	       (l->state == LANE_SLOW && l->under_way > l->excused);
}

bool
lane_is_plain(const struct lane *l)
{
	return l->state == LANE_OPEN && l->under_way == 0 && !l->ready &&
	       l->meter == NULL && l->relapses == 0 && !l->dirty && !l->stored;
}

bool
lane_at_ease(const struct lane *l)
{
	return l->state == LANE_OPEN && l->relapses == 0;
}

static int64_t
interval_ms(const struct lane *l)
{
	return l->gap_us > 1000 ? l->gap_us / 1000 : 1;
}

size_t
lane_serves(const struct lane *l, int64_t within_ms)
{
	return (size_t)(within_ms / interval_ms(l)) + 1;
}

int64_t
lane_turn(struct lane *l, int64_t now, int64_t most_ms)
{
	int64_t from =
	    l->shut_until_ms > now ? l->shut_until_ms : now + TURN_MIN_MS;

	if (from > now + most_ms)
		from = now + most_ms;
	if (l->turn_ms < from)
		l->turn_ms = from;
	else
		l->turn_ms += interval_ms(l);
	if (l->turn_ms > now + most_ms)
		l->turn_ms = from;
	return l->turn_ms - now;
}

/* What is not used is not kept: a burst after a quiet time is as careful as
 * the first one. */
static void
look_at_peak(struct lane *l, int64_t now)
{
	int most;

	if (now - l->second_ms >= SECOND_MS) {
		most = 2 * l->peak + LANE_FIRST;
		if (l->second_ms != 0 && l->allowed > most)
			l->allowed = most;
		l->second_ms = now;
		l->peak = 0;
	}
	if (l->under_way > l->peak)
		l->peak = l->under_way;
}

void
lane_begin(struct lane *l, int64_t now)
{
	int64_t gap = now - l->begun_ms;

	if (l->under_way++ == 0)
		l->told_ms = now;
	if (l->begun_ms != 0 && gap < GAP_MAX_MS)
		l->gap_us += (gap * 1000 - l->gap_us) / 8;
	l->begun_ms = now;
	look_at_peak(l, now);
	if (l->meter != NULL)
		meter_use(l->meter);
}

void
lane_end(struct lane *l)
{
	assert(l->under_way > 0);
	l->under_way--;
}

static void
enter(struct lane *l, enum lane_state state)
{
	l->dirty = l->dirty || l->state != state || state != LANE_OPEN;
	l->state = state;
}

static void
keep_words(struct lane *l, struct str words)
{
	free(l->why);
	l->why = str_dup(str_fit(words, LANE_WHY_MAX));
}

/* Not for ever faster than what is in use: only a full lane grows. */
static void
grow(struct lane *l)
{
	if (l->under_way < l->allowed || l->allowed == INT_MAX)
		return;
	if (l->allowed >= l->goal && ++l->credit < l->allowed)
		return;
	l->credit = 0;
	l->allowed++;
}

static void
halve(struct lane *l, int64_t now)
{
	int used = l->under_way < l->allowed ? l->under_way : l->allowed;

	l->allowed = used > 1 ? used / 2 : 1;
	l->goal = l->allowed;
	l->credit = 0;
	l->cut_ms = now;
	l->window_ms = now;
	l->replies = l->pushbacks = 0;
	if (l->state == LANE_OPEN)
		enter(l, LANE_REDUCED);
}

/* One at a time is still too much. */
static void
rest(struct lane *l, int64_t now)
{
	l->rest_ms = l->rest_ms == 0 ? LANE_REST_FIRST_MS : 2 * l->rest_ms;
	if (l->rest_ms > LANE_REST_MAX_MS)
		l->rest_ms = LANE_REST_MAX_MS;
	l->cut_ms = now;
	l->shut_until_ms = now + l->rest_ms;
	l->allowed = l->goal = 1;
	enter(l, LANE_REDUCED);
}

static void
push_back(struct lane *l, const struct lane_reply *r)
{
	keep_words(l, r->words);
	if (r->now - r->took_ms < l->cut_ms)
		return;
	l->pushbacks++;
	l->in_a_row++;
	if (l->allowed == 1 && l->in_a_row >= REST_AFTER)
		rest(l, r->now);
	else if (l->pushbacks >= CUT_PUSHBACKS &&
		 (l->replies >= CUT_REPLIES || l->in_a_row >= REST_AFTER) &&
		 l->pushbacks * 100 > l->replies * LANE_PUSHBACK_PERCENT)
		halve(l, r->now);
}

/* A minute without trouble, and it is an open lane again. */
static void
get_on(struct lane *l, int64_t now)
{
	l->in_a_row = 0;
	l->rest_ms = 0;
	if (l->state != LANE_SLOW)
		grow(l);
	if (l->state == LANE_REDUCED && now - l->cut_ms > LANE_WINDOW_MS) {
		l->goal = INT_MAX;
		enter(l, LANE_OPEN);
	}
	if (l->relapses > 0 && now - l->cut_ms > RELAPSE_MS)
		l->relapses = 0;
}

int64_t
lane_patience_ms(const struct lane *l, const struct pace *p)
{
	int64_t ms = pace_patience_ms(p);

	return l->state == LANE_SLOW && l->patience_ms > ms ? l->patience_ms
							    : ms;
}

bool
lane_is_to_blame(const struct lane *l, const struct pace *p, int64_t waited_ms,
    int64_t now)
{
	return pace_of_others(p, l) > now - waited_ms / 2;
}

bool
lane_hangs(const struct lane *l, const struct pace *p, int64_t now)
{
	int64_t quiet = now - l->told_ms, most = PACE_TIMES * p->usual_ms;

	if (most < HANGS_MS)
		most = HANGS_MS;
	return l->under_way > 0 && quiet > most &&
	       lane_is_to_blame(l, p, quiet, now);
}

/* A share of all connections' time, however few they are; what the next one
 * takes is paid in advance. */
static void
pause_slow(struct lane *l, const struct pace *p, int64_t takes_ms, int64_t now)
{
	int64_t ms = takes_ms * LANE_SLOW_SHARE / p->connections;

	if (ms < takes_ms)
		ms = takes_ms;
	ms <<= l->relapses;
	if (ms > LANE_PAUSE_MAX_MS)
		ms = LANE_PAUSE_MAX_MS;
	l->shut_until_ms = now + ms;
	l->cut_ms = now;
	l->dirty = true;
}

static void
say_slow(struct lane *l, int64_t waited_ms)
{
	char text[LANE_WHY_MAX];

	snprintf(text, sizeof(text), "no reply within %.1f s",
	    (double)waited_ms / 1000);
	keep_words(l, str_of(text));
}

void
lane_stalled(struct lane *l, const struct pace *p, int64_t waited_ms,
    int64_t now)
{
	if (now - waited_ms < l->cut_ms && l->state == LANE_SLOW)
		return; /* began before it was cut down */
	if (l->state != LANE_SLOW) {
		l->patience_ms = 2 * pace_patience_ms(p);
		if (l->relapses < RELAPSES_MAX && l->cut_ms != 0 &&
		    now - l->cut_ms < RELAPSE_MS)
			l->relapses++;
	} else if (l->patience_ms < PACE_PATIENCE_MAX_MS) {
		l->patience_ms *= 2;
	}
	if (l->patience_ms > PACE_PATIENCE_MAX_MS)
		l->patience_ms = PACE_PATIENCE_MAX_MS;
	l->allowed = l->goal = 1;
	enter(l, LANE_SLOW);
	pause_slow(l, p,
	    waited_ms > l->patience_ms ? waited_ms : l->patience_ms, now);
	say_slow(l, waited_ms);
}

/* It was slow and is fast: begins as a new one does. */
static void
recover(struct lane *l)
{
	l->shut_until_ms = 0;
	l->allowed = 1;
	l->goal = INT_MAX;
	enter(l, LANE_OPEN);
}

/* Slow, but it works: it gets the time that it takes. */
static void
bear_with(struct lane *l, const struct pace *p, const struct lane_reply *r)
{
	if (l->patience_ms < 2 * r->took_ms)
		l->patience_ms = 2 * r->took_ms;
	if (l->patience_ms > PACE_PATIENCE_MAX_MS)
		l->patience_ms = PACE_PATIENCE_MAX_MS;
	pause_slow(l, p, r->took_ms, r->now);
	keep_words(l, r->words);
}

void
lane_told(struct lane *l, struct pace *p, const struct lane_reply *r)
{
	bool fast = r->took_ms <= pace_patience_ms(p);

	if (r->now - l->window_ms > LANE_WINDOW_MS) {
		l->window_ms = r->now;
		l->replies = l->pushbacks = 0;
	}
	l->replies++;
	l->told_ms = r->now;
	if (!fast && l->state != LANE_SLOW &&
	    lane_is_to_blame(l, p, r->took_ms, r->now))
		lane_stalled(l, p, r->took_ms, r->now);
	else if (!fast && l->state == LANE_SLOW)
		bear_with(l, p, r);
	else if (fast && l->state == LANE_SLOW)
		recover(l);
	if (fast)
		p->doubt = 0;
	pace_learn(p, l, r->took_ms, r->now);
	if (r->pushback)
		push_back(l, r);
	else
		get_on(l, r->now);
}

void
lane_age(struct lane *l, int64_t now)
{
	int64_t quiet =
	    now - (l->begun_ms > l->cut_ms ? l->begun_ms : l->cut_ms);

	if (l->under_way > 0 || quiet < RELAPSE_MS || now < l->shut_until_ms)
		return;
	l->relapses = 0;
	l->rest_ms = 0;
	if (l->state == LANE_OPEN)
		return;
	recover(l);
	l->allowed = LANE_FIRST;
}

void
lane_remember(struct lane *l, const struct lane_memory *m, int64_t now)
{
	l->state = m->state;
	l->allowed = l->goal = m->allowed > 1 ? m->allowed : 1;
	l->patience_ms = m->patience_ms < PACE_PATIENCE_MAX_MS
			     ? m->patience_ms
			     : PACE_PATIENCE_MAX_MS;
	l->cut_ms = now;
	if (m->shut_ms > 0)
		l->shut_until_ms =
		    now + (m->shut_ms < LANE_PAUSE_MAX_MS ? m->shut_ms
							  : LANE_PAUSE_MAX_MS);
	l->stored = true;
	keep_words(l, m->why);
}
