/*
 * home.h - the state folder of `volley up`, and that it has it alone.
 */
#ifndef UP_HOME_H
#define UP_HOME_H

#include "lib/base/settings.h"

/* Makes the folder, sets settings->home to its absolute path and locks it as
 * long as this process lives; FAIL_BUSY when another one has it.  As root
 * others may pass through it, because the database's user has to; what is
 * secret in it has a mode of its own. */
bool home_take(struct settings *settings, struct err *err) MUST_USE;

/* FAIL_BUSY when somebody listens there already. */
bool home_check_listen(const char *listen, struct err *err) MUST_USE;

#endif
