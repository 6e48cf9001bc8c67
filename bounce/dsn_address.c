#include "bounce/dsn_address.h"

#include "bounce/utf8_put.h"

/* '+' and '=' are all that xtext has to encode in an address. */
static char
xtext_char(struct str rest)
{
	if (str_starts(rest, STR("+2B")))
		return '+';
	return str_starts(rest, STR("+3D")) ? '=' : '\0';
}

static bool
is_xtext(struct str text)
{
	size_t i;
	bool any = false;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '=')
			return false;
		if (text.p[i] != '+')
			continue;
		if (xtext_char(str_from(text, i)) == '\0')
			return false;
		any = true;
	}
	return any;
}

struct str
dsn_xtext(struct str text, struct arena *a)
{
	char *out;
	size_t i, n = 0;

	if (!is_xtext(text))
		return text;
	out = arena_try(a, text.n + 1);
	if (out == NULL)
		return text;
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '+') {
			out[n++] = xtext_char(str_from(text, i));
			i += 2;
		} else {
			out[n++] = text.p[i];
		}
	}
	return (struct str){out, n};
}

/* The code point of `\x{E9}` at the start of rest and how long that is; 0 for
 * anything else. */
static size_t
escape(struct str rest, uint32_t *c)
{
	size_t i;
	char d;

	*c = 0;
	if (!str_starts(rest, STR("\\x{")))
		return 0;
	for (i = 3; i < rest.n && i < 10; i++) {
		d = str_lower_char(rest.p[i]);
		if (d == '}')
			return i > 3 && *c > 0x20 ? i + 1 : 0;
		if (d >= '0' && d <= '9')
			*c = *c * 16 + (uint32_t)(d - '0');
		else if (d >= 'a' && d <= 'f')
			*c = *c * 16 + (uint32_t)(d - 'a') + 10;
		else
			return 0;
	}
	return 0;
}

static struct str
utf8_xtext(struct str text, struct arena *a)
{
	struct buf b;
	uint32_t c;
	size_t i, n;
	char *copy;

	buf_init(&b, text.n + 1);
	for (i = 0; i < text.n; i += n) {
		n = escape(str_from(text, i), &c);
		if (n > 0)
			utf8_put(&b, c);
		else
			buf_char(&b, text.p[i]);
		n = n > 0 ? n : 1;
	}
	copy = arena_try(a, b.n + 1);
	if (copy != NULL) {
		memcpy(copy, buf_cstr(&b), b.n + 1);
		text = (struct str){copy, b.n};
	}
	buf_release(&b);
	return text;
}

/* The word with an '@', else the first one. */
static struct str
choose_word(struct str text)
{
	struct str first = STR_NONE, word;

	while (str_cut(&text, ' ', &word)) {
		if (str_chr(word, '@') != STR_NOWHERE)
			return word;
		if (first.n == 0)
			first = word;
	}
	return first;
}

struct str
dsn_address(struct str text, struct str type, struct arena *a)
{
	size_t open = str_chr(text, '<');

	if (open != STR_NOWHERE)
		text = str_sub(text, open + 1,
		    str_chr(str_from(text, open + 1), '>'));
	text = choose_word(str_trim(text));
	if (str_eq_nocase(type, STR("utf-8")))
		return utf8_xtext(text, a);
	return dsn_xtext(text, a);
}
