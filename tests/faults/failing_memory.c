/*
 * failing_memory - memory that runs out, for our allocations and those of
 * foreign libraries alike.  A library of its own, as it does not go together
 * with the sanitizers' allocator.
 */
#include "tests/faults/failing.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define LINKED_AS(name) __asm__(name)

/* The allocator under its other names. */
void *libc_malloc(size_t n) LINKED_AS("__libc_malloc");
void *libc_calloc(size_t n, size_t size) LINKED_AS("__libc_calloc");
void *libc_realloc(void *p, size_t n) LINKED_AS("__libc_realloc");

void *failing_malloc(size_t n) LINKED_AS("malloc");
void *failing_calloc(size_t n, size_t size) LINKED_AS("calloc");
void *failing_realloc(void *p, size_t n) LINKED_AS("realloc");
void *failing_reallocarray(void *p, size_t n, size_t size)
    LINKED_AS("reallocarray");

void *
failing_malloc(size_t n)
{
	return failing_now(FAILING_MEMORY, -1) ? NULL : libc_malloc(n);
}

void *
failing_calloc(size_t n, size_t size)
{
	return failing_now(FAILING_MEMORY, -1) ? NULL : libc_calloc(n, size);
}

void *
failing_realloc(void *p, size_t n)
{
	return failing_now(FAILING_MEMORY, -1) ? NULL : libc_realloc(p, n);
}

void *
failing_reallocarray(void *p, size_t n, size_t size)
{
	if (size > 0 && n > SIZE_MAX / size)
		return NULL;
	return failing_realloc(p, n * size);
}
