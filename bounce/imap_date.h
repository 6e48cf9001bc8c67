/*
 * imap_date.h - dates as IMAP writes them (RFC 3501, 9): date-time of
 * INTERNALDATE, and the date of SEARCH.
 */
#ifndef BOUNCE_IMAP_DATE_H
#define BOUNCE_IMAP_DATE_H

#include "lib/base/str.h"

#define IMAP_DATE_MAX 16

/* "17-Jul-1996 02:44:25 -0700"; the day may have a blank in front. */
bool imap_date_parse(struct str text, int64_t *us) MUST_USE;
/* "1-Feb-2026": the day of that moment in UTC. */
const char *imap_date_write(int64_t us, char out[IMAP_DATE_MAX]);

#endif
