#include "templates/one_line.h"

/* Bytes of a control or line separator at p, 0 when there is none. */
static size_t
break_length(const unsigned char *p, size_t n)
{
	if (p[0] < 0x20 || p[0] == 0x7f)
		return 1;
	if (n >= 2 && p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
		return 2;
	if (n >= 3 && p[0] == 0xe2 && p[1] == 0x80 &&
	    (p[2] == 0xa8 || p[2] == 0xa9))
		return 3;
	return 0;
}

size_t
one_line(char *to, struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, used = 0, n;
	bool broken = false;

	while (i < s.n) {
		n = break_length(p + i, s.n - i);
		if (n == 0)
			to[used++] = (char)p[i];
		else if (!broken)
			to[used++] = ' ';
		broken = n > 0;
		i += n > 0 ? n : 1;
	}
	return used;
}
