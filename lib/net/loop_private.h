/*
 * loop_private.h - what the files of lib/net know of a loop beyond loop.h.
 */
#ifndef NET_LOOP_PRIVATE_H
#define NET_LOOP_PRIVATE_H

#include "lib/net/loop.h"

struct uv_loop_s;

struct uv_loop_s *loop_uv(struct loop *loop);

/* Brings loop_now_ms up to date unless a turn is running. */
void loop_refresh(struct loop *loop);

/* Counts objects made (+1) and freed (-1): loop_free asserts zero. */
void loop_count(struct loop *loop, int change);

/* One thing that lives as long as the loop and is shared by all that use it:
 * made on first use, dropped by loop_free. */
typedef void *loop_make_fn(void);
void *loop_keep(struct loop *loop, loop_make_fn *make, loop_fn *drop);

#endif
