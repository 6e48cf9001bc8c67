#include "api/pixel_pace.h"

#include "lib/base/mem.h"

#include <stdatomic.h>

#define MINUTE_US INT64_C(60000000)

/* The minute since 1970, and how many came in it. */
struct pixel_pace {
	_Atomic uint64_t at[PIXEL_PLACES];
};

struct pixel_pace *
pixel_pace_new(void)
{
	return NEW(struct pixel_pace);
}

void
pixel_pace_free(struct pixel_pace *p)
{
	free(p);
}

bool
pixel_pace_take(struct pixel_pace *p, int64_t delivery, int64_t now_us)
{
	uint64_t mixed = (uint64_t)delivery * UINT64_C(0x9e3779b97f4a7c15);
	_Atomic uint64_t *place = &p->at[(mixed >> 32) % PIXEL_PLACES];
	uint64_t minute = (uint64_t)(now_us / MINUTE_US) << 32;
	uint64_t old = *place, new;

	do {
		new = old >> 32 == minute >> 32 ? old + 1 : minute + 1;
		if ((new &UINT32_MAX) > PIXEL_MINUTE_MAX)
			return false;
	} while (!atomic_compare_exchange_weak(place, &old, new));
	return true;
}
