/*
 * up.h - `volley up`: everything on one machine, with nothing set up before.
 *
 * A private PostgreSQL below the state folder (unless VOLLEY_DATABASE names
 * one), the schema, and the roles api, sender, bounce, webhooks and maintain as
 * children of this process.  SIGINT or SIGTERM stops them in that order, the database last;
 * a second one hurries.  When this process dies, its children stop as well.
 */
#ifndef UP_UP_H
#define UP_UP_H

#include "lib/base/settings.h"

int up_main(int argc, char **argv, const struct settings *settings);

#endif
