#include "bounce/utf8_put.h"

void
utf8_put(struct buf *out, uint32_t c)
{
	char b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
		utf8_put(out, 0xfffd);
		return;
	}
	for (i = n - 1; i > 0; i--) {
		b[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	b[0] = (char)(n == 1 ? c : (0xf00U >> n & 0xf0U) | c);
	buf_add(out, b, n);
}
