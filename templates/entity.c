#include "templates/entity.h"

#define NAME_MAX   10
#define DIGITS_MAX 8

const uint8_t entity_special[256] = {
    ['&'] = 1,
    ['<'] = 2,
    ['>'] = 3,
    ['"'] = 4,
    ['\''] = 5,
};

static const struct {
	const char *name;
	uint32_t code;
} names[] = {
    {"amp", '&'},
    {"lt", '<'},
    {"gt", '>'},
    {"quot", '"'},
    {"apos", '\''},
    {"nbsp", 0xa0},
    {"cent", 0xa2},
    {"pound", 0xa3},
    {"yen", 0xa5},
    {"sect", 0xa7},
    {"copy", 0xa9},
    {"laquo", 0xab},
    {"shy", 0xad},
    {"reg", 0xae},
    {"deg", 0xb0},
    {"plusmn", 0xb1},
    {"middot", 0xb7},
    {"raquo", 0xbb},
    {"frac12", 0xbd},
    {"times", 0xd7},
    {"Agrave", 0xc0},
    {"Auml", 0xc4},
    {"Eacute", 0xc9},
    {"Ouml", 0xd6},
    {"Uuml", 0xdc},
    {"szlig", 0xdf},
    {"agrave", 0xe0},
    {"aacute", 0xe1},
    {"auml", 0xe4},
    {"ccedil", 0xe7},
    {"egrave", 0xe8},
    {"eacute", 0xe9},
    {"ecirc", 0xea},
    {"iacute", 0xed},
    {"ntilde", 0xf1},
    {"oacute", 0xf3},
    {"ouml", 0xf6},
    {"uacute", 0xfa},
    {"uuml", 0xfc},
    {"ensp", 0x2002},
    {"emsp", 0x2003},
    {"thinsp", 0x2009},
    {"zwnj", 0x200c},
    {"zwj", 0x200d},
    {"ndash", 0x2013},
    {"mdash", 0x2014},
    {"lsquo", 0x2018},
    {"rsquo", 0x2019},
    {"sbquo", 0x201a},
    {"ldquo", 0x201c},
    {"rdquo", 0x201d},
    {"bdquo", 0x201e},
    {"bull", 0x2022},
    {"hellip", 0x2026},
    {"lsaquo", 0x2039},
    {"rsaquo", 0x203a},
    {"euro", 0x20ac},
    {"trade", 0x2122},
    {"larr", 0x2190},
    {"rarr", 0x2192},
    {"check", 0x2713},
};

struct str
entity_of(char c)
{
	static const struct str entities[] = {
	    {NULL, 0},
	    {"&amp;", 5},
	    {"&lt;", 4},
	    {"&gt;", 4},
	    {"&quot;", 6},
	    {"&#39;", 5},
	};

	return entities[entity_special[(unsigned char)c]];
}

static int
digit_of(char c, bool hex)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = str_lower_char(c);
	return hex && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "&#8364;", "&#x20ac;" */
static size_t
decode_number(struct str s, uint32_t *code)
{
	bool hex = s.n > 2 && (s.p[2] == 'x' || s.p[2] == 'X');
	size_t from = hex ? 3 : 2, i = from;
	int digit;

	for (*code = 0; i < s.n && i - from < DIGITS_MAX; i++) {
		digit = digit_of(s.p[i], hex);
		if (digit < 0)
			break;
		*code = *code * (hex ? 16 : 10) + (uint32_t)digit;
	}
	if (i == from || *code == 0 || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return i + (i < s.n && s.p[i] == ';');
}

size_t
entity_decode(struct str s, uint32_t *code)
{
	struct str name;
	size_t n, i;

	if (s.n > 2 && s.p[1] == '#')
		return decode_number(s, code);
	n = str_chr(str_sub(s, 1, NAME_MAX), ';');
	if (n == STR_NOWHERE)
		return 0;
	name = str_sub(s, 1, n);
	for (i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(name, str_of(names[i].name))) {
			*code = names[i].code;
			return n + 2;
		}
	return 0;
}
