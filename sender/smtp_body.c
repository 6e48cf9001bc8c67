#include "lib/base/base.h"

#include "sender/smtp_body.h"

/* Many bytes at once; compares give 0xff where true. */
typedef unsigned char block __attribute__((vector_size(32)));
typedef uint64_t quarters __attribute__((vector_size(32)));

#if defined(__x86_64__)
#define AS_WIDE_AS_CAN_BE __attribute__((target_clones("avx2", "default")))
#else
#define AS_WIDE_AS_CAN_BE
#endif

/* Adds 0xff where a byte should not follow the one before it: an LF and no
 * CR, a CR and no LF, a dot at the start of a line. */
static inline void
add_faults(block *found, const char *p)
{
	block before, here;

	memcpy(&before, p - 1, sizeof(before));
	memcpy(&here, p, sizeof(here));
	*found |= (block)(((here == '\n') ^ (before == '\r')) |
			  ((here == '.') & (before == '\n')));
}

/* Lines end in CRLF, all of them, and none begins with a dot. */
AS_WIDE_AS_CAN_BE static bool
is_ready(struct str message)
{
	const char *p, *last;
	block found = {0};
	quarters sum;

	if (message.n <= sizeof(block) || message.p[0] == '\n' ||
	    message.p[0] == '.' || message.p[message.n - 1] != '\n')
		return false;
	last = message.p + message.n - sizeof(block);
	for (p = message.p + 1; p < last; p += sizeof(block))
		add_faults(&found, p);
	add_faults(&found, last);
	sum = (quarters)found;
	return (sum[0] | sum[1] | sum[2] | sum[3]) == 0;
}

static void
add_line(struct buf *out, const char *from, const char *to)
{
	if (from < to && *from == '.')
		buf_char(out, '.');
	buf_add(out, from, (size_t)(to - from));
	buf_add(out, "\r\n", 2);
}

/* A line with a CR inside, or without CRLF at its end; `to` is its LF or
 * the end of the message. */
static void
add_odd_line(struct buf *out, const char *from, const char *to)
{
	const char *cr;

	while ((cr = memchr(from, '\r', (size_t)(to - from))) != NULL) {
		add_line(out, from, cr);
		from = cr + 1;
		if (from == to)
			return;
	}
	add_line(out, from, to);
}

static void
write_mended(struct buf *out, struct str message)
{
	const char *p = message.p, *end = p + message.n;
	const char *kept = p; /* from here on nothing is written yet */

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const char *stop = lf != NULL ? lf : end;
		const char *cr = memchr(p, '\r', (size_t)(stop - p));
		bool odd = lf == NULL || cr == NULL || cr + 1 != lf;

		if (odd || *p == '.') {
			buf_add(out, kept, (size_t)(p - kept));
			kept = p;
		}
		if (odd) {
			add_odd_line(out, p, stop);
			kept = lf != NULL ? lf + 1 : end;
		} else if (*p == '.') {
			buf_char(out, '.');
		}
		p = lf != NULL ? lf + 1 : end;
	}
	buf_add(out, kept, (size_t)(end - kept));
}

void
smtp_body_write(struct buf *out, struct str message)
{
	if (is_ready(message))
		buf_str(out, message);
	else
		write_mended(out, message);
	buf_add(out, ".\r\n", 3);
}

void
smtp_body_move(struct buf *out, struct buf *message)
{
	if (out->n > 0 || !is_ready(buf_view(message))) {
		smtp_body_write(out, buf_view(message));
	} else {
		buf_swap(out, message);
		buf_add(out, ".\r\n", 3);
	}
	buf_reset(message);
}

void
smtp_body_write_none(struct buf *out)
{
	buf_add(out, ".\r\n", 3);
}
