/*
 * login_window.h - not more than LOGINS_PER_HOUR logins in any hour (R-018,
 * R-042), however often a server throws us out, or wants to be visited.
 */
#ifndef BOUNCE_LOGIN_WINDOW_H
#define BOUNCE_LOGIN_WINDOW_H

#include "lib/base/base.h"

#define LOGINS_PER_HOUR 60

struct login_window {
	int64_t at_ms[LOGINS_PER_HOUR]; /* of the newest; 0: never */
	int oldest;
};

/* How long the next one has to wait. */
int64_t login_window_wait(const struct login_window *w, int64_t now_ms);
void login_window_take(struct login_window *w, int64_t now_ms);

#endif
