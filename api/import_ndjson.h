/*
 * import_ndjson.h - a file of JSON lines as contacts-to-be (import_source.h).
 */
#ifndef API_IMPORT_NDJSON_H
#define API_IMPORT_NDJSON_H

#include "api/import_source.h"

struct import_ndjson;

struct import_ndjson *import_ndjson_new(int fd) MUST_USE;
void import_ndjson_free(struct import_ndjson *n);
/* row NULL: passes over it. */
enum import_outcome import_ndjson_next(struct import_ndjson *n,
    struct import_row *row, struct err *err) MUST_USE;
int64_t import_ndjson_offset(const struct import_ndjson *n);

#endif
