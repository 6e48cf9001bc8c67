#include "lib/mail/transfer.h"

#include "lib/base/encode.h"

#define QP_LINE           76
#define BASE64_LINE_BYTES 57 /* 76 characters */

static const char hex_upper[] = "0123456789ABCDEF";

/* Octets that may stand for themselves; not every one does everywhere. */
static const bool literal[256] = {
    ['\t'] = true,
    [' ' ... '<'] = true,
    ['>'] = true,
    ['?' ... '~'] = true,
};

/* One output line being filled. */
struct qp {
	struct buf *out;
	char line[QP_LINE + 2];
	size_t n;
};

static void
line_end(struct qp *q)
{
	q->line[q->n++] = '\r';
	q->line[q->n++] = '\n';
	buf_add(q->out, q->line, q->n);
	q->n = 0;
}

/* Room for `width` octets and the '=' of a soft break after them. */
static void
make_room(struct qp *q, size_t width)
{
	if (q->n + width <= QP_LINE - 1)
		return;
	q->line[q->n++] = '=';
	line_end(q);
}

static void
put_encoded(struct qp *q, char c)
{
	make_room(q, 3);
	q->line[q->n++] = '=';
	q->line[q->n++] = hex_upper[(unsigned char)c >> 4];
	q->line[q->n++] = hex_upper[(unsigned char)c & 15];
}

/* A '.' there would be stuffed, or end the message for a careless server;
 * "From " would be quoted by mbox writers. */
static bool
bad_line_start(struct str rest)
{
	return rest.p[0] == '.' || str_starts(rest, STR("From "));
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Octets of a CRLF, LF or bare CR at the start of text, or 0. */
static size_t
any_line_end(struct str text)
{
	if (str_starts(text, STR("\r\n")))
		return 2;
	return text.n > 0 && (text.p[0] == '\r' || text.p[0] == '\n');
}

/* Puts what can stand as it is and fits the line; how much that was.  A
 * blank cannot where a line ends. */
static size_t
put_literal(struct qp *q, struct str in)
{
	size_t n = 0, room = QP_LINE - 1 - q->n;

	if (q->n == 0 && bad_line_start(in))
		return 0;
	while (n < in.n && n < room && literal[(unsigned char)in.p[n]])
		n++;
	if (n > 0 && is_blank(in.p[n - 1]) &&
	    (n == in.n || any_line_end(str_from(in, n)) > 0))
		n--;
	memcpy(q->line + q->n, in.p, n);
	q->n += n;
	return n;
}

void
qp_encode(struct buf *out, struct str in)
{
	struct qp q = {.out = out};
	size_t n;

	while (in.n > 0) {
		n = any_line_end(in);
		if (n > 0) {
			line_end(&q);
			in = str_from(in, n);
			continue;
		}
		make_room(&q, 1);
		n = put_literal(&q, in);
		if (n == 0) {
			put_encoded(&q, in.p[0]);
			n = 1;
		}
		in = str_from(in, n);
	}
	buf_add(out, q.line, q.n);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = str_lower_char(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
qp_octet(struct str text)
{
	int high, low;

	if (text.n < 3 || text.p[0] != '=')
		return -1;
	high = hex_value(text.p[1]);
	low = hex_value(text.p[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static size_t
count_blanks(struct str text)
{
	size_t n = 0;

	while (n < text.n && is_blank(text.p[n]))
		n++;
	return n;
}

/* Octets of the line end at the start of text, or 0. */
static size_t
line_end_len(struct str text)
{
	if (str_starts(text, STR("\r\n")))
		return 2;
	return str_starts(text, STR("\n")) ? 1 : 0;
}

/* Octets of a soft line break: '=', blanks that a relay added, line end. */
static size_t
soft_break(struct str text)
{
	size_t n = 1 + count_blanks(str_from(text, 1));
	size_t end = line_end_len(str_from(text, n));

	return end > 0 || n == text.n ? n + end : 0;
}

/* Decodes what starts with '='; how many octets that was. */
static size_t
decode_equals(struct buf *out, struct str text)
{
	int octet = qp_octet(text);
	size_t n;

	if (octet >= 0) {
		buf_char(out, (char)octet);
		return 3;
	}
	n = soft_break(text);
	if (n == 0) {
		buf_char(out, '=');
		n = 1;
	}
	return n;
}

void
qp_decode(struct buf *out, struct str in)
{
	size_t n, blanks;

	while (in.n > 0) {
		n = 0;
		while (n < in.n && in.p[n] != '=' && in.p[n] != ' ' &&
		       in.p[n] != '\t')
			n++;
		buf_str(out, str_sub(in, 0, n));
		in = str_from(in, n);
		blanks = count_blanks(in);
		/* blanks at a line's end were not the author's */
		if (blanks < in.n && line_end_len(str_from(in, blanks)) == 0)
			buf_str(out, str_sub(in, 0, blanks));
		in = str_from(in, blanks);
		if (in.n > 0 && in.p[0] == '=')
			in = str_from(in, decode_equals(out, in));
	}
}

void
base64_lines(struct buf *out, struct str in)
{
	while (in.n > 0) {
		base64_encode(out, str_sub(in, 0, BASE64_LINE_BYTES));
		buf_puts(out, "\r\n");
		in = str_from(in, BASE64_LINE_BYTES);
	}
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* '=' ends a quantum; what follows it is decoded as well, as pieces that
 * were encoded one by one are often joined. */
void
base64_decode_lenient(struct buf *out, struct str in)
{
	unsigned quantum = 0;
	size_t i, have = 0;
	int v;

	for (i = 0; i < in.n; i++) {
		if (in.p[i] == '=')
			have = 0;
		v = base64_value(in.p[i]);
		if (v < 0)
			continue;
		quantum = (quantum << 6 | (unsigned)v) & 0xffffff;
		if (have > 0)
			buf_char(out, (char)(quantum >> (6 - 2 * have)));
		have = (have + 1) % 4;
	}
}
