/*
 * dkim_command.h - `volley dkim`: the keys that messages are signed with.
 */
#ifndef SENDER_DKIM_COMMAND_H
#define SENDER_DKIM_COMMAND_H

#include "lib/base/settings.h"

int dkim_main(int argc, char **argv, const struct settings *settings);

#endif
