#include "lib/base/str.h"

#include "lib/base/mem.h"

struct str
str_sub(struct str s, size_t from, size_t len)
{
	if (from > s.n)
		from = s.n;
	if (len > s.n - from)
		len = s.n - from;
	return (struct str){from > 0 ? s.p + from : s.p, len};
}

struct str
str_from(struct str s, size_t from)
{
	return str_sub(s, from, s.n);
}

struct str
str_fit(struct str s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return str_sub(s, 0, max);
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && blank(s.p[0]))
		s = str_from(s, 1);
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

char
str_lower_char(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool
str_eq_nocase(struct str a, struct str b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		if (str_lower_char(a.p[i]) != str_lower_char(b.p[i]))
			return false;
	return true;
}

bool
str_is_any(struct str s, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq_nocase(s, str_of(words[i])))
			return true;
	return false;
}

bool
str_starts(struct str s, struct str prefix)
{
	return str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool
str_starts_nocase(struct str s, struct str prefix)
{
	return str_eq_nocase(str_sub(s, 0, prefix.n), prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return c;
	return a.n < b.n ? -1 : a.n > b.n;
}

/* Up to that length memmem's preparations cost more than they save. */
#define NEEDLE_SHORT 4

static const char *
find_short(struct str s, struct str what)
{
	const char *p = s.p, *last = s.p + (s.n - what.n);

	for (; p <= last; p++) {
		p = memchr(p, what.p[0], (size_t)(last - p) + 1);
		if (p == NULL || memcmp(p, what.p, what.n) == 0)
			return p;
	}
	return NULL;
}

size_t
str_find(struct str s, struct str what)
{
	const char *at;

	if (what.n == 0)
		return 0;
	if (s.n < what.n)
		return STR_NOWHERE;
	at = what.n <= NEEDLE_SHORT ? find_short(s, what)
				    : memmem(s.p, s.n, what.p, what.n);
	return at != NULL ? (size_t)(at - s.p) : STR_NOWHERE;
}

size_t
str_find_nocase(struct str s, struct str what)
{
	size_t i;

	for (i = 0; i + what.n <= s.n; i++)
		if (str_starts_nocase(str_from(s, i), what))
			return i;
	return STR_NOWHERE;
}

size_t
str_chr(struct str s, char c)
{
	const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	return at != NULL ? (size_t)(at - s.p) : STR_NOWHERE;
}

size_t
str_rchr(struct str s, char c)
{
	const char *at = s.n > 0 ? memrchr(s.p, c, s.n) : NULL;

	return at != NULL ? (size_t)(at - s.p) : STR_NOWHERE;
}

bool
str_cut(struct str *rest, char sep, struct str *piece)
{
	size_t at;

	if (rest->p == NULL)
		return false;
	at = str_chr(*rest, sep);
	if (at == STR_NOWHERE) {
		*piece = *rest;
		*rest = STR_NONE;
		return piece->n > 0;
	}
	*piece = str_sub(*rest, 0, at);
	*rest = str_from(*rest, at + 1);
	return true;
}

bool
str_to_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (s.n == 0)
		return false;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

bool
str_to_i64(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t v;

	if (!str_to_u64(negative ? str_from(s, 1) : s, &v))
		return false;
	if (v > (uint64_t)INT64_MAX + negative)
		return false;
	*out = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

/* Length of the well-formed sequence at p that is not ASCII, or 0.  RFC
 * 3629, 4. */
static size_t
utf8_sequence(const unsigned char *p, size_t n)
{
	unsigned char c = p[0];
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len, i;

	if (c >= 0xc2 && c <= 0xdf)
		len = 2;
	else if (c >= 0xe0 && c <= 0xef)
		len = 3;
	else if (c >= 0xf0 && c <= 0xf4)
		len = 4;
	else
		return 0;
	if (n < len)
		return 0;
	if (c == 0xe0)
		lo = 0xa0;
	if (c == 0xed)
		hi = 0x9f;
	if (c == 0xf0)
		lo = 0x90;
	if (c == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool
str_is_utf8(struct str s)
{
	size_t i = 0, step;

	while (i < s.n) {
		if ((unsigned char)s.p[i] < 0x80) {
			i++;
			continue;
		}
		step = utf8_sequence((const unsigned char *)s.p + i, s.n - i);
		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

bool
str_is_ascii(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

bool
str_has_control(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

bool
str_is_printable(struct str s)
{
	bool is = true;
	size_t i;

	for (i = 0; i < s.n; i++)
		is = is && s.p[i] >= ' ' && s.p[i] <= '~';
	return is;
}

char *
str_dup(struct str s)
{
	char *copy = mem_alloc(s.n + 1);

	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}
