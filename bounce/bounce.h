/*
 * bounce.h - the way back: the poller process (`volley bounce`).
 */
#ifndef BOUNCE_BOUNCE_H
#define BOUNCE_BOUNCE_H

#include "lib/base/settings.h"

int bounce_main(int argc, char **argv, const struct settings *settings);

#endif
