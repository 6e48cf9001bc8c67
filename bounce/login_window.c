#include "bounce/login_window.h"

#define HOUR_MS 3600000

int64_t
login_window_wait(const struct login_window *w, int64_t now_ms)
{
	int64_t oldest = w->at_ms[w->oldest], over = oldest + HOUR_MS;

	return oldest == 0 || over <= now_ms ? 0 : over - now_ms;
}

void
login_window_take(struct login_window *w, int64_t now_ms)
{
	w->at_ms[w->oldest] = now_ms;
	w->oldest = (w->oldest + 1) % LOGINS_PER_HOUR;
}
