#include "lib/base/encode.h"

/* All pairs of base64 digits, by their 12 bits: whole messages are encoded,
 * and so it takes half the look-ups. */
#define PAIRS(a)                                                            \
	a "A" a "B" a "C" a "D" a "E" a "F" a "G" a "H" a "I" a "J" a "K" a \
	  "L" a "M" a "N" a "O" a "P" a "Q" a "R" a "S" a "T" a "U" a "V" a \
	  "W" a "X" a "Y" a "Z" a "a" a "b" a "c" a "d" a "e" a "f" a "g" a \
	  "h" a "i" a "j" a "k" a "l" a "m" a "n" a "o" a "p" a "q" a "r" a \
	  "s" a "t" a "u" a "v" a "w" a "x" a "y" a "z" a "0" a "1" a "2" a \
	  "3" a "4" a "5" a "6" a "7" a "8" a "9" a "+" a "/"
static const char base64_pairs[64][128] = {PAIRS("A"), PAIRS("B"), PAIRS("C"),
    PAIRS("D"), PAIRS("E"), PAIRS("F"), PAIRS("G"), PAIRS("H"), PAIRS("I"),
    PAIRS("J"), PAIRS("K"), PAIRS("L"), PAIRS("M"), PAIRS("N"), PAIRS("O"),
    PAIRS("P"), PAIRS("Q"), PAIRS("R"), PAIRS("S"), PAIRS("T"), PAIRS("U"),
    PAIRS("V"), PAIRS("W"), PAIRS("X"), PAIRS("Y"), PAIRS("Z"), PAIRS("a"),
    PAIRS("b"), PAIRS("c"), PAIRS("d"), PAIRS("e"), PAIRS("f"), PAIRS("g"),
    PAIRS("h"), PAIRS("i"), PAIRS("j"), PAIRS("k"), PAIRS("l"), PAIRS("m"),
    PAIRS("n"), PAIRS("o"), PAIRS("p"), PAIRS("q"), PAIRS("r"), PAIRS("s"),
    PAIRS("t"), PAIRS("u"), PAIRS("v"), PAIRS("w"), PAIRS("x"), PAIRS("y"),
    PAIRS("z"), PAIRS("0"), PAIRS("1"), PAIRS("2"), PAIRS("3"), PAIRS("4"),
    PAIRS("5"), PAIRS("6"), PAIRS("7"), PAIRS("8"), PAIRS("9"), PAIRS("+"),
    PAIRS("/")};
static const char base32_alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char hex_alphabet[] = "0123456789abcdef";

/* Base32 and hex write bytes as digits of `bits` bits, most significant first;
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

/* Three bytes as four digits. */
static inline void
put_three(char *to, const unsigned char *p)
{
	unsigned bits = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
	const char *pairs = (const char *)base64_pairs;

	memcpy(to, pairs + 2 * (size_t)(bits >> 12), 2);
	memcpy(to + 2, pairs + 2 * (size_t)(bits & 0xfff), 2);
}

void
base64_encode(struct buf *out, struct str in)
{
	size_t whole = in.n / 3, left = in.n % 3, i;
	const unsigned char *p = (const unsigned char *)in.p;
	unsigned char last[3] = {0};
	char *to = buf_room(out, (in.n + 2) / 3 * 4);

	if (to == NULL)
		return;
	for (i = 0; i < whole; i++)
		put_three(to + 4 * i, p + 3 * i);
	if (left > 0) {
		memcpy(last, p + 3 * whole, left);
		put_three(to + 4 * whole, last);
		memset(to + 4 * whole + left + 1, '=', 3 - left);
	}
	buf_used(out, (in.n + 2) / 3 * 4);
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
