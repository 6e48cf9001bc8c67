#include "tests/sink/sink_record.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LINES_MAX (64U << 20)

void
sink_record_init(struct sink_record *r, const char *path)
{
	r->fd = -1;
	buf_init(&r->lines, LINES_MAX);
	if (path == NULL)
		return;
	r->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (r->fd < 0)
		die("sink: open %s: %s", path, strerrordesc_np(errno));
}

void
sink_record_release(struct sink_record *r)
{
	sink_record_flush(r);
	if (r->fd >= 0)
		close(r->fd);
	buf_release(&r->lines);
}

/* Fields come from a peer: what would end one becomes a blank. */
static void
add_field(struct buf *out, struct str field)
{
	size_t at = out->n;

	buf_str(out, field);
	for (; at < out->n; at++)
		if ((unsigned char)out->p[at] < ' ')
			out->p[at] = ' ';
	buf_char(out, '\t');
}

static void
add_number(struct buf *out, uint64_t n, char end)
{
	char digits[24], *p = digits + sizeof(digits);

	*--p = end;
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	buf_add(out, p, (size_t)(digits + sizeof(digits) - p));
}

void
sink_record_add(struct sink_record *r, const struct sink_envelope *e)
{
	if (r->fd < 0)
		return;
	add_number(&r->lines, (uint64_t)r->now_us, '\t');
	add_field(&r->lines, e->from);
	add_field(&r->lines, e->to);
	add_field(&r->lines, e->message_id);
	add_number(&r->lines, e->bytes, '\t');
	add_number(&r->lines, (uint64_t)e->connection, '\t');
	add_number(&r->lines, (uint64_t)e->mail_us, '\n');
}

void
sink_record_flush(struct sink_record *r)
{
	size_t done = 0;
	ssize_t n;

	while (r->fd >= 0 && done < r->lines.n) {
		n = write(r->fd, r->lines.p + done, r->lines.n - done);
		if (n < 0 && errno != EINTR)
			die("sink: log: %s", strerrordesc_np(errno));
		done += n > 0 ? (size_t)n : 0;
	}
	buf_reset(&r->lines);
}

void
sink_record_dump(const char *folder, long n, struct str message)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%ld.eml", folder, n);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(message.p, 1, message.n, f) != message.n ||
	    fclose(f) != 0)
		die("sink: write %s: %s", path, strerrordesc_np(errno));
}
