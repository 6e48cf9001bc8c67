#include "templates/liquid/code_point.h"

static bool
continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t
code_point_count(struct str s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += !continues(s.p[i]);
	return n;
}

size_t
code_point_offset(struct str s, size_t index)
{
	size_t at = 0;

	if (index >= s.n)
		return s.n;
	for (; index > 0 && at < s.n; index--)
		for (at++; at < s.n && continues(s.p[at]);)
			at++;
	return at;
}

struct str
code_point_first(struct str s)
{
	return str_sub(s, 0, code_point_offset(s, 1));
}

struct str
code_point_last(struct str s)
{
	size_t from = s.n > 0 ? s.n - 1 : 0;

	while (from > 0 && continues(s.p[from]))
		from--;
	return str_from(s, from);
}

bool
code_point_ascii_only(struct str s)
{
	uint64_t word, high = 0;
	size_t i;

	for (i = 0; i + sizeof(word) <= s.n; i += sizeof(word)) {
		memcpy(&word, s.p + i, sizeof(word));
		high |= word;
	}
	for (; i < s.n; i++)
		high |= (unsigned char)s.p[i];
	return (high & 0x8080808080808080U) == 0;
}
