/*
 * arena.h - memory freed by lifetime: one request, message, report, batch.
 *
 * Everything that a unit of work allocates comes from its arena and goes
 * with it in one call.  Chunks are kept by arena_reset, so that work done
 * again and again allocates nothing after the first rounds.  Not for
 * several threads.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "lib/base/str.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *first;
	struct arena_chunk *current;
	size_t used; /* bytes handed out since the last reset */
	size_t max;  /* past it arena_alloc dies; arena_try says no */
};

void arena_init(struct arena *a, size_t max);
void arena_release(struct arena *a);
void arena_reset(struct arena *a);

/* Aligned for any type; not cleared.  Reaching `max` is a bug: units with
 * input from outside use arena_try. */
void *arena_alloc(struct arena *a, size_t size) MUST_USE;
void *arena_try(struct arena *a, size_t size) MUST_USE; /* NULL: limit */
void *arena_zero(struct arena *a, size_t size) MUST_USE;

struct str arena_dup(struct arena *a, struct str s); /* NUL follows it */
char *arena_cstr(struct arena *a, struct str s);     /* NUL-terminated */
/* All of them after each other; NUL follows. */
struct str arena_join(struct arena *a, const struct str *pieces, size_t n);
#define ARENA_JOIN(a, ...)                                 \
	arena_join((a), (const struct str[]){__VA_ARGS__}, \
	    ARRAY_LEN(((const struct str[]){__VA_ARGS__})))
struct str arena_printf(struct arena *a, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

#define ARENA_NEW(a, type)      ((type *)arena_zero((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_zero((a), sizeof(type) * (n)))

#endif
