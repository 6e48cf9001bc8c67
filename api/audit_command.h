/*
 * audit_command.h - volley audit: whether the record of who did what is as
 * it was written.
 */
#ifndef API_AUDIT_COMMAND_H
#define API_AUDIT_COMMAND_H

#include "lib/base/settings.h"

int audit_main(int argc, char **argv, const struct settings *settings);

#endif
