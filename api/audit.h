/*
 * audit.h - who changed, started, exported or erased what.
 *
 * A row for every request that needs more than to read, for every log-in and
 * log-out, and for every export, once it succeeds; written by its own transaction, last,
 * because the end of a chain of hashes is held until the commit (migration
 * 0015).  It tells which fields were given, but no texts: truth values and
 * numbers as they are, of the rest the kind.  An address is cut to its first
 * letter and its domain.
 */
#ifndef API_AUDIT_H
#define API_AUDIT_H

#include "api/request.h"

/* Once a request; later calls do nothing.  What the database refuses becomes
 * the answer. */
void audit_write(struct request *q);

#endif
