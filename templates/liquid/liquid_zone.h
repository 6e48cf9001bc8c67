/*
 * liquid_zone.h - time zones: how far local time is from UTC at a moment.
 *
 * Zones are those of /usr/share/zoneinfo, TZif files (RFC 8536), read
 * strictly: a file that breaks a rule is no zone.  The process's own zone
 * (TZ) is neither used nor touched.  What has been read is kept for the life
 * of the process, shared by all threads, and never changes.
 */
#ifndef TEMPLATES_LIQUID_ZONE_H
#define TEMPLATES_LIQUID_ZONE_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#define ZONE_FOLDER      "/usr/share/zoneinfo/"
#define ZONE_NAME_MAX    64
#define ZONE_FILE_MAX    (64U << 10)
#define ZONE_CHANGES_MAX 2000
#define ZONE_OFFSET_MAX  93599 /* seconds: 25:59:59, as RFC 8536 has it */
#define ZONES_MAX        2000  /* that are kept */

struct zone;

/* "Europe/Berlin"; NULL with err when there is no such zone. */
const struct zone *zone_find(struct str name, struct err *err);
/* Seconds east of UTC. */
int zone_offset_at(const struct zone *zone, int64_t unix_s);

/* A TZif file as bytes; zone_free(NULL) is fine. */
struct zone *zone_parse(struct str file);
void zone_free(struct zone *zone);

#endif
