#include "lib/mail/transfer.h"

#include "lib/base/encode.h"
#include "lib/mail/qp_writer.h"

#define BASE64_LINE_BYTES 57 /* 76 characters */

void
qp_encode(struct buf *out, struct str in)
{
	struct qp_writer w;

	qp_writer_begin(&w, out);
	qp_writer_text(&w, in);
	qp_writer_end(&w);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
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
