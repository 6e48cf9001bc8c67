#include "lib/base/base.h"

#include "sender/retry.h"

#include "lib/base/digest.h"

#include <assert.h>

int64_t
retry_delay(int attempts, int64_t first, int64_t max, uint32_t random)
{
	int64_t delay = first, spread;
	int i;

	assert(attempts > 0 && first > 0 && max >= first);
	for (i = 1; i < attempts && delay < max; i++)
		delay = delay > max / 2 ? max : delay * 2;
	spread = delay * RETRY_JITTER_PERCENT / 100;
	return delay - spread + (int64_t)(random % (uint64_t)(2 * spread + 1));
}

int64_t
retry_delay_random(int attempts, int64_t first, int64_t max)
{
	uint32_t random;

	random_bytes(&random, sizeof(random));
	return retry_delay(attempts, first, max, random);
}

void
retry_init(struct retry *r, int64_t first_ms, int64_t max_ms)
{
	*r = (struct retry){.first_ms = first_ms, .max_ms = max_ms};
}

void
retry_fail(struct retry *r, int64_t now_ms)
{
	if (now_ms < r->open_at_ms)
		return;
	r->failures++;
	r->open_at_ms =
	    now_ms + retry_delay_random(r->failures, r->first_ms, r->max_ms);
}

void
retry_succeed(struct retry *r)
{
	r->failures = 0;
	r->open_at_ms = 0;
}

int64_t
retry_wait_ms(const struct retry *r, int64_t now_ms)
{
	return r->open_at_ms > now_ms ? r->open_at_ms - now_ms : 0;
}
