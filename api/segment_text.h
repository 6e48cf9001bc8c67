/*
 * segment_text.h - a filter in words: (city is "Bonn" and subscribed to list 3).
 *
 * For people who check that a segment means what they meant.  The filter has
 * passed segment_filter_check.  Numbers stay numbers: what they stand for may
 * be renamed.
 */
#ifndef API_SEGMENT_TEXT_H
#define API_SEGMENT_TEXT_H

#include "lib/base/buf.h"

#include <jansson.h>

#define SEGMENT_EXPLANATION_MAX (256U << 10) /* bytes; the rest is cut off */
#define SEGMENT_VALUES_SHOWN    5            /* of `in` */

void segment_text(struct buf *out, const json_t *filter);

#endif
