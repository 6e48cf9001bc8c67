#include "lib/base/buf.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <stdarg.h>

#define BUF_FIRST 256
/* What buf_printf mostly writes is shorter, and formatted once. */
#define PRINTF_SHORT 256
#define INT_DIGITS   20 /* of an int64_t, its sign included */

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void
buf_init_in(struct buf *b, char *memory, size_t size)
{
	assert(size > 0);
	*b = (struct buf){.p = memory, .cap = size, .max = size - 1};
	memory[0] = '\0';
}

void
buf_release(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

void
buf_reset(struct buf *b)
{
	buf_truncate(b, 0);
	b->full = false;
}

void
buf_wipe(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	buf_release(b);
}

char *
buf_room(struct buf *b, size_t n)
{
	size_t cap;

	if (b->full || n > b->max - b->n) {
		b->full = true;
		return NULL;
	}
	if (b->n + n + 1 > b->cap) {
		cap = b->cap > 0 ? b->cap * 2 : BUF_FIRST;
		if (cap - 1 > b->max)
			cap = b->max + 1;
		if (cap < b->n + n + 1)
			cap = b->n + n + 1;
		b->p = mem_grow(b->p, cap, 1);
		b->cap = cap;
	}
	return b->p + b->n;
}

void
buf_used(struct buf *b, size_t n)
{
	assert(b->n + n < b->cap);
	b->n += n;
	b->p[b->n] = '\0';
}

void
buf_grow_add(struct buf *b, const void *p, size_t n)
{
	char *at = n > 0 ? buf_room(b, n) : NULL;

	if (at == NULL)
		return;
	memcpy(at, p, n);
	buf_used(b, n);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	char text[PRINTF_SHORT], *at;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert(n >= 0);
	if ((size_t)n < sizeof(text)) {
		buf_add(b, text, (size_t)n);
		return;
	}
	at = buf_room(b, (size_t)n);
	if (at == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(at, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_used(b, (size_t)n);
}

void
buf_int(struct buf *b, int64_t v)
{
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char digits[INT_DIGITS], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (v < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(digits + sizeof(digits) - p));
}

/* A buf's capacity tells how far it may be filled. */
static void
cap_to_max(struct buf *b)
{
	if (b->cap > 0 && b->cap - 1 > b->max)
		b->cap = b->max + 1;
}

void
buf_swap(struct buf *a, struct buf *b)
{
	struct buf was = *a;

	assert(!a->full && !b->full && a->n <= b->max && b->n <= a->max);
	*a = *b;
	a->max = was.max;
	was.max = b->max;
	*b = was;
	cap_to_max(a);
	cap_to_max(b);
}

void
buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->n);
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n + 1);
	b->n -= n;
}

void
buf_truncate(struct buf *b, size_t n)
{
	assert(n <= b->n);
	b->n = n;
	if (b->p != NULL)
		b->p[n] = '\0';
}

struct str
buf_view(const struct buf *b)
{
	return (struct str){b->p, b->n};
}

const char *
buf_cstr(const struct buf *b)
{
	return b->p != NULL ? b->p : "";
}
