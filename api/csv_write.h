/*
 * csv_write.h - rows of a CSV file (RFC 4180) that a spreadsheet may open.
 *
 * A text that begins, after blanks, with = + - @ or their full-width forms,
 * or with a tab or carriage return, gets an apostrophe in front and quotes
 * around it, so that no program takes it for a formula.
 */
#ifndef API_CSV_WRITE_H
#define API_CSV_WRITE_H

#include "lib/base/buf.h"

struct csv_write {
	struct buf *out;
	bool comma; /* something stands before in this row */
};

void csv_write_text(struct csv_write *w, struct str cell);
/* Numbers and the like, which are no formulas. */
void csv_write_plain(struct csv_write *w, struct str cell);
void csv_write_end(struct csv_write *w); /* of the row */

#endif
