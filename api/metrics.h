/*
 * metrics.h - counters of this process, as OpenMetrics text.
 *
 * Requests by route template, method and status, with their durations; no
 * ids, addresses or other labels that grow with the data.
 */
#ifndef API_METRICS_H
#define API_METRICS_H

#include "api/route.h"
#include "lib/base/buf.h"

struct metrics;

struct metrics *metrics_new(const struct route *const *tables);
void metrics_free(struct metrics *m);

/* route NULL: nothing was found. Thread-safe, as metrics_write. */
void metrics_request(struct metrics *m, const struct route *route, int status,
    int64_t us);
/* open: as OpenMetrics, else as Prometheus text 0.0.4. */
void metrics_write(struct metrics *m, bool open, struct buf *out);
/* What stands before the samples NAME_total: OpenMetrics names a counter
 * without the "_total", the older text with it. */
void metrics_counter(struct buf *out, bool open, const char *name,
    const char *help);

#endif
