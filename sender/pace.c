#include "lib/base/base.h"

#include "sender/pace.h"

#define DOUBT_MAX 8

/* Each reply moves it a little towards what it took: that ends where half of
 * them are faster. */
void
pace_learn(struct pace *p, const void *lane, int64_t took_ms, int64_t now)
{
	if (p->usual_ms == 0)
		p->usual_ms = took_ms + 1;
	else if (took_ms > p->usual_ms)
		p->usual_ms += p->usual_ms / 16 + 1;
	else if (took_ms < p->usual_ms && p->usual_ms > 1)
		p->usual_ms -= (p->usual_ms + 15) / 16;
	if (p->mover != lane) {
		p->others_ms = p->moved_ms;
		p->mover = lane;
	}
	p->moved_ms = now;
}

int64_t
pace_patience_ms(const struct pace *p)
{
	int64_t ms = PACE_TIMES * p->usual_ms;

	if (ms > PACE_SLOW_MAX_MS)
		ms = PACE_SLOW_MAX_MS;
	if (ms < PACE_TIMES_LEAST * p->usual_ms)
		ms = PACE_TIMES_LEAST * p->usual_ms;
	if (ms < PACE_SLOW_MS)
		ms = PACE_SLOW_MS;
	ms <<= p->doubt;
	return ms < PACE_PATIENCE_MAX_MS ? ms : PACE_PATIENCE_MAX_MS;
}

void
pace_doubt(struct pace *p)
{
	if (p->doubt < DOUBT_MAX)
		p->doubt++;
}

int64_t
pace_of_others(const struct pace *p, const void *lane)
{
	return p->mover != lane ? p->moved_ms : p->others_ms;
}
