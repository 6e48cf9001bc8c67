/*
 * hit_command.h - volley reclassify-hits: opens and clicks judged again by
 * the rules as they are now, from what was kept of each.
 *
 * Hits are neither more nor less by that; those whose raw part is gone keep
 * their verdict.
 */
#ifndef API_HIT_COMMAND_H
#define API_HIT_COMMAND_H

#include "lib/base/settings.h"

int hit_main(int argc, char **argv, const struct settings *settings);

#endif
