#include "api/link_pace.h"

#include "lib/base/digest.h"
#include "lib/base/mem.h"

#include <stdatomic.h>

#define MINUTE_US INT64_C(60000000)

struct link_pace {
	uint64_t secret;
	/* The minute since 1970, and what was taken in it. */
	_Atomic uint64_t at[LINK_PACE_PLACES];
};

struct link_pace *
link_pace_new(void)
{
	struct link_pace *p = NEW(struct link_pace);

	random_bytes(&p->secret, sizeof(p->secret));
	return p;
}

void
link_pace_free(struct link_pace *p)
{
	free(p);
}

/* Finalizer of splitmix64. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* An IPv4 address, or the first half of an IPv6 one. */
static _Atomic uint64_t *
place_of(struct link_pace *p, const struct peer *source)
{
	uint64_t half;

	memcpy(&half, source->at, sizeof(half));
	return &p->at[mix(mix(half ^ p->secret) + source->family) %
		      LINK_PACE_PLACES];
}

bool
link_pace_take(struct link_pace *p, const struct peer *source, int64_t now_us,
    uint32_t cost)
{
	_Atomic uint64_t *place = place_of(p, source);
	uint64_t minute = (uint64_t)(now_us / MINUTE_US) << 32;
	uint64_t old = *place, taken;

	if (!peer_is_public(source))
		return true;
	do {
		taken = old >> 32 == minute >> 32 ? old & UINT32_MAX : 0;
		if (taken >= LINK_PACE_MINUTE)
			return false;
	} while (
	    !atomic_compare_exchange_weak(place, &old, minute + taken + cost));
	return true;
}
