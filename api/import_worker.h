/*
 * import_worker.h - the threads of the HTTP process that work off uploads.
 *
 * Each takes the oldest file of the spool folder that nobody has, until it
 * is in; then the next.  A process that dies leaves its imports to the next
 * one on this host, which goes on at the last commit.  Keeps house beside
 * it: old answers to Idempotency-Keys, dead uploads.
 */
#ifndef API_IMPORT_WORKER_H
#define API_IMPORT_WORKER_H

#include "api/api.h"

#define IMPORT_THREADS 2

struct import_worker;

struct import_worker *import_worker_start(const struct api *api) MUST_USE;
/* process_stopping() must say so by now; an import under way ends after its batch. */
void import_worker_stop(struct import_worker *w);

#endif
