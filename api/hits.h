/*
 * hits.h - opens and clicks from the request to the database: the journal
 * (hit_journal.h) and what empties it (hit_loader.h).
 */
#ifndef API_HITS_H
#define API_HITS_H

#include "api/hit_journal.h"
#include "lib/base/settings.h"

struct hits;

/* The database has to be there. */
bool hits_start(struct hits **out, const struct settings *settings,
    const char *conninfo, struct err *err) MUST_USE;
/* No request is under way any more. */
void hits_stop(struct hits *h);

/* As hit_journal_write. */
bool hits_write(struct hits *h, struct str record, hit_journal_fn *fn,
    void *arg) MUST_USE;

struct hit_journal_counts hits_counts(struct hits *h);

#endif
