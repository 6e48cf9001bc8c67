/*
 * hit_loader.h - brings hits from journals that nobody writes to into the
 * database: those that this process closed, and those of processes that died.
 *
 * A hit's key is its journal and its place in it, so that one which is
 * brought twice is there once.  While the database is away journals wait.
 */
#ifndef API_HIT_LOADER_H
#define API_HIT_LOADER_H

#include "api/hit_journal.h"
#include "db/conninfo.h"

#define HIT_BATCH_MAX 5000 /* hits a transaction */

struct hit_loader;

struct hit_loader_params {
	const char *conninfo, *folder, *instance;
	struct hit_journal *journal; /* says when there is something */
};

/* All borrowed. */
struct hit_loader *hit_loader_start(const struct hit_loader_params *params);
void hit_loader_stop(struct hit_loader *l);
/* Stopped, and the journal, too: what is left is brought in, if the database
 * is there. */
void hit_loader_free(struct hit_loader *l);

#endif
