/*
 * status_command.h - `volley status`: how far campaigns are, and what slows
 * them.
 */
#ifndef SENDER_STATUS_COMMAND_H
#define SENDER_STATUS_COMMAND_H

#include "lib/base/settings.h"

int status_main(int argc, char **argv, const struct settings *settings);

#endif
