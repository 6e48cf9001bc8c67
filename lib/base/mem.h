/*
 * mem.h - allocation that cannot fail: out of memory ends the process.
 *
 * Sizes that come from outside are checked against a named limit before
 * they reach these functions.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "lib/base/base.h"

void *mem_alloc(size_t size) MUST_USE;              /* not cleared */
void *mem_zero(size_t count, size_t size) MUST_USE; /* cleared */
void *mem_grow(void *p, size_t count, size_t size) MUST_USE;
char *mem_strdup(const char *s) MUST_USE;

#define NEW(type)          ((type *)mem_zero(1, sizeof(type)))
#define NEW_ARRAY(type, n) ((type *)mem_zero((n), sizeof(type)))

#endif
