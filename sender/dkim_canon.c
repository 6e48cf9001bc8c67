#include "sender/dkim_canon.h"

/* Sixteen bytes at once; compares give 0xff where true. */
typedef unsigned char block __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

static block
load(const char *p)
{
	block b;

	memcpy(&b, p, sizeof(b));
	return b;
}

/* Whether a blank stands here that does not stay as it is: a tab, or one
 * with another or a line end behind it. */
static bool
changes(char c, char next)
{
	return c == '\t' || (c == ' ' && (blank(next) || next == '\r'));
}

/* Bytes up to the first that changes; most bodies have few. */
static size_t
plain(const char *p, size_t n)
{
	size_t i = 0;

	for (; i + sizeof(block) < n; i += sizeof(block)) {
		block b = load(p + i), next = load(p + i + 1);
		halves found =
		    (halves)((b == '\t') |
			     ((b == ' ') & ((next == ' ') | (next == '\t') |
					       (next == '\r'))));

		if ((found[0] | found[1]) != 0)
			break;
	}
	while (i < n && !changes(p[i], i + 1 < n ? p[i + 1] : '\r'))
		i++;
	return i;
}

/* Empty lines at the end go; text ends with one line end. */
static size_t
end_lines(char *out, size_t n)
{
	while (n >= 2 && out[n - 1] == '\n' && (n == 2 || out[n - 3] == '\n'))
		n -= 2;
	if (n > 0 && out[n - 1] != '\n') {
		out[n++] = '\r';
		out[n++] = '\n';
	}
	return n;
}

void
dkim_canon_body(struct buf *out, struct str body)
{
	char *to = buf_room(out, body.n + 2);
	const char *p = body.p, *end = body.p + body.n, *run;
	size_t at = 0, n;

	if (to == NULL)
		return;
	while (p < end) {
		n = plain(p, (size_t)(end - p));
		memcpy(to + at, p, n);
		at += n;
		p += n;
		for (run = p; p < end && blank(*p); p++)
			;
		if (p > run && p < end && *p != '\r')
			to[at++] = ' ';
	}
	buf_used(out, end_lines(to, at));
}

/* Writes at most value.n bytes. */
static size_t
canon_value(char *to, struct str value)
{
	bool gap = false;
	size_t i, n = 0;

	for (i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c == '\r' || c == '\n')
			continue;
		if (blank(c)) {
			gap = n > 0;
			continue;
		}
		if (gap)
			to[n++] = ' ';
		gap = false;
		to[n++] = c;
	}
	return n;
}

void
dkim_canon_field(struct buf *out, struct str name, struct str value)
{
	char *to = buf_room(out, name.n + 1 + value.n);
	size_t i;

	if (to == NULL)
		return;
	for (i = 0; i < name.n; i++)
		to[i] = name.p[i] >= 'A' && name.p[i] <= 'Z'
			    ? (char)(name.p[i] | 0x20)
			    : name.p[i];
	to[i++] = ':';
	buf_used(out, i + canon_value(to + i, value));
}
