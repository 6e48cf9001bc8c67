/*
 * buf.h - owned bytes that grow up to a maximum named at init.
 *
 * Appending past the maximum sets `full` and appends nothing from then on;
 * callers write as much as they like and check `full` once at the end.
 * The bytes are always followed by one NUL that does not count.  What is
 * appended must not stand in the same buf.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "lib/base/str.h"

struct buf {
	char *p;    /* NULL until the first append */
	size_t n;   /* bytes in use */
	size_t cap; /* bytes allocated, the NUL included */
	size_t max; /* n never exceeds it */
	bool full;  /* sticky: something did not fit */
};

void buf_init(struct buf *b, size_t max);
/* In memory of the caller's, all that there will be; nothing to release. */
void buf_init_in(struct buf *b, char *memory, size_t size);
void buf_release(struct buf *b); /* frees; usable again as after init */
void buf_reset(struct buf *b);   /* empty, memory kept, full cleared */
void buf_wipe(struct buf *b);    /* as buf_release, the bytes zeroed first */

/* buf_add where there may be no room yet. */
void buf_grow_add(struct buf *b, const void *p, size_t n);

static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || n >= b->cap - b->n || b->full) {
		buf_grow_add(b, p, n);
		return;
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

static inline void
buf_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

static inline void
buf_puts(struct buf *b, const char *cstr)
{
	buf_str(b, str_of(cstr));
}

static inline void
buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_int(struct buf *b, int64_t v);

/* Room for n more bytes, or NULL (full set).  Say with buf_used how many of
 * them were written. */
char *buf_room(struct buf *b, size_t n) MUST_USE;
void buf_used(struct buf *b, size_t n);

/* Bytes and memory change hands; each keeps its max, and both must fit. */
void buf_swap(struct buf *a, struct buf *b);

void buf_drop(struct buf *b, size_t n);     /* the first n bytes go */
void buf_truncate(struct buf *b, size_t n); /* keep the first n */
struct str buf_view(const struct buf *b);   /* valid until the next change */
const char *buf_cstr(const struct buf *b);  /* never NULL */

#endif
