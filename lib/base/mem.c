#include "lib/base/mem.h"

#include "lib/base/err.h"

static void *
checked(void *p)
{
	if (p == NULL)
		die("out of memory");
	return p;
}

void *
mem_alloc(size_t size)
{
	return checked(malloc(size > 0 ? size : 1));
}

void *
mem_zero(size_t count, size_t size)
{
	return checked(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *
mem_grow(void *p, size_t count, size_t size)
{
	return checked(reallocarray(p, count > 0 ? count : 1, size));
}

char *
mem_strdup(const char *s)
{
	return checked(strdup(s));
}
