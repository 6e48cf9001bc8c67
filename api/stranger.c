#include "api/stranger.h"

#include "api/problem.h"
#include "api/throttle.h"

static struct throttle_rate
rate_of(const struct request *q, const struct peer *peer)
{
	return (struct throttle_rate){"refused",
	    peer_is_public(peer) ? q->api->settings->refused_a_minute : 0};
}

bool
stranger_may_ask(struct request *q)
{
	struct peer peer = request_peer(q);
	struct throttle_state state;

	if (throttle_look(q->api->throttle, rate_of(q, &peer), peer_site(&peer),
		&state))
		return true;
	problem(q, 429, "too many requests without a valid key");
	reply_header(q, "Retry-After", "%lld", (long long)state.wait_s);
	return false;
}

void
stranger_refuse(struct request *q, const char *why)
{
	struct peer peer = request_peer(q);
	struct throttle_state state;
	bool had = throttle_take(q->api->throttle, rate_of(q, &peer),
	    peer_site(&peer), &state);

	(void)had; /* the next one is asked */
	problem(q, 401, "%s", why);
	reply_header(q, "WWW-Authenticate", "Bearer realm=\"volley\"");
}
