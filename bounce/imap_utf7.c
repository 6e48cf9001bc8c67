#include "bounce/imap_utf7.h"

#include "bounce/utf8_put.h"

static const struct str alphabet = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,", 64};

/* The bits of UTF-16 code units on their way into or out of base64. */
struct bits {
	uint32_t value;
	int count;
};

static bool
plain(unsigned char c)
{
	return c >= 0x20 && c <= 0x7e && c != '&';
}

/* One code point of checked UTF-8; how many bytes it took. */
static size_t
code_point(const unsigned char *p, uint32_t *c)
{
	size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4, i;

	*c = n == 1 ? *p : *p & (0x7fU >> n);
	for (i = 1; i < n; i++)
		*c = *c << 6 | (p[i] & 0x3f);
	return n;
}

static void
put_unit(struct buf *out, struct bits *b, uint32_t unit)
{
	b->value = b->value << 16 | unit;
	for (b->count += 16; b->count >= 6; b->count -= 6)
		buf_char(out, alphabet.p[b->value >> (b->count - 6) & 63]);
	b->value &= (1U << b->count) - 1;
}

static void
put_point(struct buf *out, struct bits *b, uint32_t c)
{
	if (c >= 0x10000) {
		put_unit(out, b, 0xd800 + ((c - 0x10000) >> 10));
		c = 0xdc00 + ((c - 0x10000) & 0x3ff);
	}
	put_unit(out, b, c);
}

/* `shifted` text: &base64- , from name[i] to the next plain character. */
static size_t
encode_run(struct buf *out, struct str name, size_t i)
{
	struct bits b = {0, 0};
	uint32_t c;

	buf_char(out, '&');
	while (i < name.n && !plain((unsigned char)name.p[i]) &&
	       name.p[i] != '&') {
		i += code_point((const unsigned char *)name.p + i, &c);
		put_point(out, &b, c);
	}
	if (b.count > 0)
		buf_char(out, alphabet.p[b.value << (6 - b.count) & 63]);
	buf_char(out, '-');
	return i;
}

bool
imap_utf7_encode(struct buf *out, struct str name)
{
	size_t i = 0;

	if (!str_is_utf8(name))
		return false;
	while (i < name.n) {
		if (plain((unsigned char)name.p[i]))
			buf_char(out, name.p[i++]);
		else if (name.p[i] != '&')
			i = encode_run(out, name, i);
		else
			buf_puts(out, "&-"), i++;
	}
	return true;
}

/* Takes one UTF-16 unit; `high` holds a surrogate that waits for its half. */
static bool
take_unit(struct buf *out, uint32_t unit, uint32_t *high)
{
	bool low = unit >= 0xdc00 && unit < 0xe000;

	if (low != (*high != 0))
		return false;
	if (unit >= 0xd800 && unit < 0xdc00) {
		*high = unit;
		return true;
	}
	if (low)
		unit = 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00);
	*high = 0;
	utf8_put(out, unit);
	return true;
}

static bool
decode_run(struct buf *out, struct str run)
{
	struct bits b = {0, 0};
	uint32_t high = 0;
	size_t digit;
	size_t i;

	for (i = 0; i < run.n; i++) {
		digit = str_chr(alphabet, run.p[i]);
		if (digit == STR_NOWHERE)
			return false;
		b.value = b.value << 6 | (uint32_t)digit;
		b.count += 6;
		if (b.count < 16)
			continue;
		b.count -= 16;
		if (!take_unit(out, b.value >> b.count & 0xffff, &high))
			return false;
		b.value &= (1U << b.count) - 1;
	}
	return high == 0 && b.count < 6 && b.value == 0;
}

static bool
decode(struct buf *out, struct str wire)
{
	size_t i = 0, dash;

	while (i < wire.n) {
		if (plain((unsigned char)wire.p[i])) {
			buf_char(out, wire.p[i++]);
			continue;
		}
		dash = str_chr(str_from(wire, i), '-');
		if (wire.p[i] != '&' || dash == STR_NOWHERE)
			return false;
		if (dash == 1)
			buf_char(out, '&');
		else if (!decode_run(out, str_sub(wire, i + 1, dash - 1)))
			return false;
		i += dash + 1;
	}
	return true;
}

bool
imap_utf7_decode(struct buf *out, struct str wire)
{
	size_t before = out->n;

	if (decode(out, wire))
		return true;
	buf_truncate(out, before);
	return false;
}
