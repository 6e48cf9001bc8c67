/*
 * pixel_pace.h - how many orders a minute one person's pixels may tell of.
 *
 * Deliveries share PIXEL_PLACES counts by their numbers: a flood fills its
 * own, and hardly anybody else's.  Thread-safe without a lock.
 */
#ifndef API_PIXEL_PACE_H
#define API_PIXEL_PACE_H

#include "lib/base/base.h"

#define PIXEL_PLACES     16384
#define PIXEL_MINUTE_MAX 20

struct pixel_pace;

struct pixel_pace *pixel_pace_new(void);
void pixel_pace_free(struct pixel_pace *p);

/* False: there were enough in this minute. */
bool pixel_pace_take(struct pixel_pace *p, int64_t delivery, int64_t now_us);

#endif
