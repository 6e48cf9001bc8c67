#include "lib/base/encode.h"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base32_alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char hex_alphabet[] = "0123456789abcdef";

/* All three write bytes as digits of `bits` bits, most significant first;
 * the last digit is filled up with zero bits. */
static void
put_digits(struct buf *out, struct str in, const char *alphabet, int bits)
{
	char *p = buf_room(out, (in.n * 8 + (size_t)bits - 1) / (size_t)bits);
	unsigned held = 0, value = 0, mask = (1U << bits) - 1;
	size_t i, n = 0;

	if (p == NULL)
		return;
	for (i = 0; i < in.n; i++) {
		value = value << 8 | (unsigned char)in.p[i];
		for (held += 8; held >= (unsigned)bits; n++) {
			held -= (unsigned)bits;
			p[n] = alphabet[value >> held & mask];
		}
		value &= (1U << held) - 1;
	}
	if (held > 0)
		p[n++] = alphabet[value << ((unsigned)bits - held) & mask];
	buf_used(out, n);
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int
base32_digit(char c)
{
	c = str_lower_char(c);
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static int
hex_digit(char c)
{
	c = str_lower_char(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Writes what the digits mean to `p` and its length to `n`.  Fails on a
 * foreign byte, on a whole digit too many and on bits left over that are not
 * zero. */
static bool
read_digits(char *p, size_t *n, struct str in, int (*digit)(char), int bits)
{
	unsigned held = 0, value = 0;
	size_t i;
	int d;

	*n = 0;
	for (i = 0; i < in.n; i++) {
		d = digit(in.p[i]);
		if (d < 0)
			return false;
		value = value << bits | (unsigned)d;
		held += (unsigned)bits;
		if (held >= 8) {
			held -= 8;
			p[(*n)++] = (char)(value >> held);
		}
		value &= (1U << held) - 1;
	}
	return held < (unsigned)bits && value == 0;
}

static bool
take_digits(struct buf *out, struct str in, int (*digit)(char), int bits)
{
	char *p = buf_room(out, in.n * (size_t)bits / 8);
	bool ok;
	size_t n;

	if (p == NULL)
		return false;
	ok = read_digits(p, &n, in, digit, bits);
	buf_used(out, ok ? n : 0); /* the NUL was written over */
	return ok;
}

void
base64_encode(struct buf *out, struct str in)
{
	/* Digits and padding fit together or not at all. */
	if (buf_room(out, (in.n + 2) / 3 * 4) == NULL)
		return;
	put_digits(out, in, base64_alphabet, 6);
	if (in.n % 3 != 0)
		buf_add(out, "==", 3 - in.n % 3);
}

bool
base64_decode(struct buf *out, struct str in)
{
	if (in.n % 4 != 0)
		return false;
	if (str_ends(in, STR("==")))
		in.n -= 2;
	else if (str_ends(in, STR("=")))
		in.n--;
	return take_digits(out, in, base64_digit, 6);
}

void
base32_encode(struct buf *out, struct str in)
{
	put_digits(out, in, base32_alphabet, 5);
}

bool
base32_decode(struct buf *out, struct str in)
{
	return take_digits(out, in, base32_digit, 5);
}

void
hex_encode(struct buf *out, struct str in)
{
	put_digits(out, in, hex_alphabet, 4);
}

bool
hex_decode(struct buf *out, struct str in)
{
	return take_digits(out, in, hex_digit, 4);
}
