/*
 * render_command.h - `volley render`: what a template makes of some data.
 */
#ifndef TEMPLATES_RENDER_COMMAND_H
#define TEMPLATES_RENDER_COMMAND_H

#include "lib/base/settings.h"

int render_main(int argc, char **argv, const struct settings *settings);

#endif
