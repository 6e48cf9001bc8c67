/*
 * user_command.h - volley user create | list | password | disable | enable.
 */
#ifndef API_USER_COMMAND_H
#define API_USER_COMMAND_H

#include "lib/base/settings.h"

int user_main(int argc, char **argv, const struct settings *settings);

#endif
