/*
 * classify_command.h - `volley classify`: what mails in files are, and why.
 */
#ifndef BOUNCE_CLASSIFY_COMMAND_H
#define BOUNCE_CLASSIFY_COMMAND_H

#include "lib/base/settings.h"

int classify_main(int argc, char **argv, const struct settings *settings);

#endif
