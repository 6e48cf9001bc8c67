/*
 * import_command.h - volley import LIST FILE: an import without HTTP.
 */
#ifndef API_IMPORT_COMMAND_H
#define API_IMPORT_COMMAND_H

#include "lib/base/settings.h"

int import_main(int argc, char **argv, const struct settings *settings);

#endif
