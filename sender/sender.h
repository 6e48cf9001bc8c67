/*
 * sender.h - the programs of sender/: entry points for volley.c.
 */
#ifndef SENDER_SENDER_H
#define SENDER_SENDER_H

#include "lib/base/settings.h"

int sender_main(int argc, char **argv, const struct settings *settings);
int run_due_main(int argc, char **argv, const struct settings *settings);

#endif
