#include "lib/base/base.h"

#include "tests/sink/sink_body.h"

#define MESSAGE_ID_MAX  1000
#define WHOLE_MAX       ((size_t)1 << 30)
#define HEADER_LINE_MAX 16384 /* a longer line ends what is looked at */
#define STRIDE          64

void
sink_body_init(struct sink_body *b)
{
	memset(b, 0, sizeof(*b));
	buf_init(&b->message_id, MESSAGE_ID_MAX);
	buf_init(&b->whole, WHOLE_MAX);
}

void
sink_body_release(struct sink_body *b)
{
	buf_release(&b->message_id);
	buf_release(&b->whole);
}

void
sink_body_reset(struct sink_body *b, bool keep)
{
	b->in_header = b->line_start = true;
	b->ended = false;
	b->keep = keep;
	b->octets = b->raw = 0;
	buf_reset(&b->message_id);
	buf_reset(&b->whole);
}

typedef unsigned char block __attribute__((vector_size(16)));

/* Is there an LF followed by a dot in the 16 octets from p and the one after
 * them?  All ones in the places where. */
static block
dots_after_lf(const char *p)
{
	block here, next;

	memcpy(&here, p, sizeof(here));
	memcpy(&next, p + 1, sizeof(next));
	return (block)((here == '\n') & (next == '.'));
}

/* The first LF that a dot follows, or `end`.  Nearly all of a sink's work is
 * done here: bodies are searched 64 octets at a time. */
static const char *
find_dot_line(const char *p, const char *end)
{
	uint64_t any[2];
	block hit;

	for (; end - p > STRIDE; p += STRIDE) {
		hit = dots_after_lf(p) | dots_after_lf(p + 16) |
		      dots_after_lf(p + 32) | dots_after_lf(p + 48);
		memcpy(any, &hit, sizeof(any));
		if ((any[0] | any[1]) != 0)
			break;
	}
	for (; end - p > 1; p++)
		if (p[0] == '\n' && p[1] == '.')
			return p;
	return end;
}

static void
take(struct sink_body *b, const char *p, size_t n)
{
	b->octets += n;
	b->raw += n;
	if (b->keep)
		buf_add(&b->whole, p, n);
}

static void
look_at_header(struct sink_body *b, struct str line)
{
	if (line.n <= 2)
		b->in_header = false;
	else if (str_lower_char(line.p[0]) == 'm' &&
		 str_starts_nocase(line, STR("Message-ID:")))
		buf_str(&b->message_id, str_trim(str_from(line, 11)));
}

/* A dot begins the line.  Gives how much of it was eaten: all, the dot, or
 * nothing as long as that isn't known. */
static size_t
take_dot(struct sink_body *b, const char *p, const char *end)
{
	if (end - p < 3 && (end - p < 2 || p[1] == '\r'))
		return 0;
	if (p[1] == '\r' && p[2] == '\n') {
		b->raw += 3;
		b->ended = true;
		return 3;
	}
	b->raw++;
	b->line_start = false;
	return 1;
}

/* One line of the header or, after it, all up to the next line that begins
 * with a dot. */
static size_t
take_text(struct sink_body *b, const char *p, const char *end)
{
	const char *lf;

	if (!b->in_header) {
		lf = find_dot_line(p, end);
		b->line_start = lf != end || end[-1] == '\n';
		lf = lf != end ? lf + 1 : end;
		take(b, p, (size_t)(lf - p));
		return (size_t)(lf - p);
	}
	lf = memchr(p, '\n', (size_t)(end - p));
	if (lf == NULL) {
		b->in_header = end - p < HEADER_LINE_MAX;
		return 0;
	}
	look_at_header(b, (struct str){p, (size_t)(lf + 1 - p)});
	b->line_start = true;
	take(b, p, (size_t)(lf + 1 - p));
	return (size_t)(lf + 1 - p);
}

size_t
sink_body_feed(struct sink_body *b, struct str data)
{
	const char *p = data.p, *end = p + data.n;
	bool header;
	size_t n;

	while (p < end && !b->ended) {
		header = b->in_header;
		n = b->line_start && *p == '.' ? take_dot(b, p, end)
					       : take_text(b, p, end);
		if (n == 0 && header == b->in_header)
			break;
		p += n;
	}
	return (size_t)(p - data.p);
}
