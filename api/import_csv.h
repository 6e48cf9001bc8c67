/*
 * import_csv.h - a CSV file's rows as contacts-to-be (import_source.h).
 */
#ifndef API_IMPORT_CSV_H
#define API_IMPORT_CSV_H

#include "api/import_source.h"

struct import_csv;

/* Options are borrowed until import_csv_free. */
bool import_csv_open(struct import_csv **out, int fd,
    const struct import_options *options, struct err *err) MUST_USE;
void import_csv_free(struct import_csv *c);
/* row NULL: passes over it. */
enum import_outcome import_csv_next(struct import_csv *c,
    struct import_row *row, struct err *err) MUST_USE;
int64_t import_csv_offset(const struct import_csv *c);

#endif
