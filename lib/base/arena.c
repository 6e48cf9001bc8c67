#include "lib/base/arena.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <stdarg.h>

#define CHUNK_MIN 8192
#define ALIGN     16

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	_Alignas(ALIGN) char data[];
};

void
arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

void
arena_release(struct arena *a)
{
	struct arena_chunk *c, *next;

	for (c = a->first; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	arena_init(a, a->max);
}

void
arena_reset(struct arena *a)
{
	struct arena_chunk *c;

	for (c = a->first; c != NULL; c = c->next)
		c->used = 0;
	a->current = a->first;
	a->used = 0;
}

static struct arena_chunk *
chunk_new(struct arena *a, size_t size)
{
	struct arena_chunk *c;
	size_t want = a->current != NULL ? a->current->size * 2 : CHUNK_MIN;

	if (want > (1U << 20))
		want = 1U << 20;
	if (want < size)
		want = size;
	c = mem_alloc(sizeof(*c) + want);
	c->size = want;
	c->used = 0;
	if (a->current != NULL) {
		c->next = a->current->next;
		a->current->next = c;
	} else {
		c->next = NULL;
		a->first = c;
	}
	return c;
}

/* The next chunk with room, kept ones first. */
static struct arena_chunk *
chunk_for(struct arena *a, size_t size)
{
	struct arena_chunk *c = a->current;

	if (c != NULL && c->size - c->used >= size)
		return c;
	if (c != NULL && c->next != NULL && c->next->size >= size)
		return a->current = c->next;
	return a->current = chunk_new(a, size);
}

void *
arena_try(struct arena *a, size_t size)
{
	struct arena_chunk *c;
	void *p;

	if (size > a->max - a->used || a->max - a->used - size < ALIGN)
		return NULL;
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	c = chunk_for(a, size);
	p = c->data + c->used;
	c->used += size;
	a->used += size;
	return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	void *p = arena_try(a, size);

	if (p == NULL)
		BUG("arena of %zu bytes is full", a->max);
	return p;
}

void *
arena_zero(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

struct str
arena_dup(struct arena *a, struct str s)
{
	return (struct str){arena_cstr(a, s), s.n};
}

char *
arena_cstr(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct str
arena_join(struct arena *a, const struct str *pieces, size_t n)
{
	struct str whole = STR_NONE;
	char *to;
	size_t i;

	for (i = 0; i < n; i++)
		whole.n += pieces[i].n;
	whole.p = to = arena_alloc(a, whole.n + 1);
	for (i = 0; i < n; i++) {
		if (pieces[i].n > 0)
			memcpy(to, pieces[i].p, pieces[i].n);
		to += pieces[i].n;
	}
	*to = '\0';
	return whole;
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct str){p, (size_t)n};
}
