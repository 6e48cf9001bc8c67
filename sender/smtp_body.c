#include "lib/base/base.h"

#include "sender/smtp_body.h"

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

void
smtp_body_write(struct buf *out, struct str message)
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
	buf_add(out, ".\r\n", 3);
}

void
smtp_body_write_none(struct buf *out)
{
	buf_add(out, ".\r\n", 3);
}
