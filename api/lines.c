#include "api/lines.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#define BLOCK     (256U << 10)
#define BUF_BYTES (LINE_MAX_BYTES + BLOCK)

void
lines_init(struct lines *l, int fd)
{
	*l = (struct lines){.fd = fd, .buf = mem_alloc(BUF_BYTES), .number = 1};
}

void
lines_release(struct lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

static struct str
unread(const struct lines *l)
{
	return (struct str){l->buf + l->start, l->end - l->start};
}

static bool
fill(struct lines *l, struct err *err)
{
	size_t left = l->end - l->start;
	ssize_t n;

	assert(left <= LINE_MAX_BYTES);
	memmove(l->buf, l->buf + l->start, left);
	l->start = 0;
	l->end = left;
	do
		n = read(l->fd, l->buf + left, BLOCK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(err, FAIL_IO, "read the file: %s",
		    strerror(errno));
	l->end += (size_t)n;
	l->at_end = n == 0;
	return true;
}

/* Length of the line at the front, its end included; 0 when the end has not
 * been read.  A CR at the very end may be half of a CRLF. */
static size_t
line_length(struct str s, bool at_end)
{
	size_t lf = str_chr(s, '\n');
	size_t cr = str_chr(str_sub(s, 0, lf), '\r');

	if (cr != STR_NOWHERE && (cr + 1 < s.n || at_end))
		return cr + 1 + (cr + 1 == lf);
	if (cr == STR_NOWHERE && lf != STR_NOWHERE)
		return lf + 1;
	return at_end ? s.n : 0;
}

static void
hand_out(struct lines *l, size_t n, struct line *out)
{
	*out = (struct line){.text = {l->buf + l->start, n},
	    .number = l->number++,
	    .offset = l->offset};
	l->start += n;
	l->offset += (int64_t)n;
}

/* Drops bytes until the end of the line that was cut. */
static bool
skip_rest(struct lines *l, struct err *err)
{
	struct str s;
	size_t n;

	do {
		s = unread(l);
		n = line_length(s, l->at_end);
		/* the CR at the end stays: its LF may follow */
		if (n == 0 && s.n > 0)
			n = s.n - (s.p[s.n - 1] == '\r');
		else if (n > 0 || l->at_end)
			l->skipping = false;
		l->start += n;
		l->offset += (int64_t)n;
	} while (l->skipping && fill(l, err));
	return !l->skipping;
}

enum lines_outcome
lines_next(struct lines *l, struct line *out, struct err *err)
{
	size_t n;

	if (l->skipping && !skip_rest(l, err))
		return LINES_FAILED;
	while ((n = line_length(unread(l), l->at_end)) == 0) {
		if (l->at_end)
			return LINES_END;
		if (l->end - l->start >= LINE_MAX_BYTES)
			break;
		if (!fill(l, err))
			return LINES_FAILED;
	}
	l->skipping = n == 0;
	hand_out(l, n > 0 ? n : LINE_MAX_BYTES, out);
	out->cut = l->skipping;
	return LINES_LINE;
}

/* Mostly the buffer still has it. */
static bool
is_in_buffer(const struct lines *l, int64_t offset)
{
	return offset <= l->offset && offset >= l->offset - (int64_t)l->start;
}

static bool
seek_back(struct lines *l, int64_t offset)
{
	off_t here = lseek(l->fd, 0, SEEK_CUR);
	off_t first = here - (off_t)(l->offset + (int64_t)(l->end - l->start));

	if (here < 0 || lseek(l->fd, first + offset, SEEK_SET) < 0)
		return false;
	l->start = l->end = 0;
	l->at_end = false;
	return true;
}

bool
lines_back(struct lines *l, int64_t offset, int64_t number)
{
	if (is_in_buffer(l, offset))
		l->start -= (size_t)(l->offset - offset);
	else if (!seek_back(l, offset))
		return false;
	l->offset = offset;
	l->number = number;
	l->skipping = false;
	return true;
}
