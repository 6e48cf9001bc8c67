/*
 * filter.h - query parameters that narrow a list.
 *
 * What is not given leaves `out` as it was; what is wrong is answered with
 * 422 and gives false.  Ids: request_query_id.
 */
#ifndef API_FILTER_H
#define API_FILTER_H

#include "api/request.h"

/* One of the words in `choices`, blanks between. */
bool filter_choice(struct request *q, const char *name, const char *choices,
    struct str *out) MUST_USE;
/* An address; gives its key, by which people are found. */
bool filter_address(struct request *q, const char *name,
    struct str *key) MUST_USE;
/* RFC 3339 with offset, in microseconds. */
bool filter_time(struct request *q, const char *name, int64_t *us) MUST_USE;

#endif
