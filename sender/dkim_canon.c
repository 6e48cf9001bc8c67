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

void
dkim_canon_body(struct buf *out, struct str body)
{
	size_t from = out->n, n, run;

	while (body.n > 0) {
		n = plain(body.p, body.n);
		buf_add(out, body.p, n);
		body = str_from(body, n);
		for (run = 0; run < body.n && blank(body.p[run]); run++)
			;
		if (run > 0 && run < body.n && body.p[run] != '\r')
			buf_char(out, ' ');
		body = str_from(body, run);
	}
	while (out->n - from >= 2 && out->p[out->n - 1] == '\n' &&
	       (out->n - from == 2 || out->p[out->n - 3] == '\n'))
		buf_truncate(out, out->n - 2);
	if (out->n > from && out->p[out->n - 1] != '\n')
		buf_puts(out, "\r\n");
}

void
dkim_canon_field(struct buf *out, struct str name, struct str value)
{
	bool gap = false, begun = false;
	size_t i;

	for (i = 0; i < name.n; i++)
		buf_char(out, name.p[i] >= 'A' && name.p[i] <= 'Z'
				  ? (char)(name.p[i] | 0x20)
				  : name.p[i]);
	buf_char(out, ':');
	for (i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c == '\r' || c == '\n')
			continue;
		if (blank(c)) {
			gap = true;
			continue;
		}
		if (gap && begun)
			buf_char(out, ' ');
		gap = false;
		begun = true;
		buf_char(out, c);
	}
}
