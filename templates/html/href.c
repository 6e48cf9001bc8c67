#include "templates/html/href.h"

#include "templates/html/entity.h"
#include "templates/liquid/liquid_scan.h"

#include <unistr.h>

#define PREFIX_MAX 64 /* bytes of a value that tell its scheme */

bool
href_in(const struct html_tag *tag)
{
	static const char *const names[] = {"a", "area", "v:roundrect",
	    "v:rect", "v:oval", "v:shape", "v:image", "v:group", "v:line",
	    "v:polyline", "v:curve", "v:arc"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (html_tag_is(tag, names[i]))
			return !tag->closes;
	return false;
}

void
href_decode(struct buf *out, struct str value)
{
	uint8_t bytes[6];
	uint32_t code = 0;
	size_t i = 0, n;
	int length;

	while (i < value.n) {
		n = value.p[i] == '{' ? liquid_mark(str_from(value, i)) : 0;
		if (n == 0 && value.p[i] == '&' &&
		    (n = entity_decode(str_from(value, i), &code)) > 0) {
			length = u8_uctomb(bytes, code, sizeof(bytes));
			buf_add(out, bytes, length > 0 ? (size_t)length : 0);
		} else {
			n = n > 0 ? n : 1;
			buf_str(out, str_sub(value, i, n));
		}
		i += n;
	}
}

bool
href_is_http(struct str url)
{
	return (str_starts_nocase(url, STR("http://")) && url.n > 7) ||
	       (str_starts_nocase(url, STR("https://")) && url.n > 8);
}

/* Of what begins so a merge value may make an http link. */
static bool
may_become_http(struct str prefix)
{
	return str_starts_nocase(STR("http://"), prefix) ||
	       str_starts_nocase(STR("https://"), prefix);
}

/* Offset of the first mark, STR_NOWHERE when there is none; `outputs` tells
 * whether all of them only print what is then escaped for its place. */
static size_t
find_marks(struct str value, bool *outputs)
{
	size_t i = 0, n, first = STR_NOWHERE;

	*outputs = true;
	while (i < value.n) {
		n = value.p[i] == '{' ? liquid_mark(str_from(value, i)) : 0;
		if (n > 0 && first == STR_NOWHERE)
			first = i;
		if (n > 0 &&
		    (value.p[i + 1] == '%' || str_find(str_sub(value, i, n),
						  STR("raw")) != STR_NOWHERE))
			*outputs = false;
		i += n > 0 ? n : 1;
	}
	return first;
}

/* {{ unsubscribe_url ... }} */
static bool
is_built_in(struct str mark)
{
	static const char *const names[] = {"unsubscribe_url",
	    "preferences_url", "view_in_browser_url", "confirm_url"};
	struct str s = str_from(mark, 2);
	size_t i, n;

	if (!str_starts(mark, STR("{{")))
		return false;
	s = str_trim(str_starts(s, STR("-")) ? str_from(s, 1) : s);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		n = strlen(names[i]);
		if (str_starts(s, str_of(names[i])) && s.n > n &&
		    (s.p[n] == ' ' || s.p[n] == '}' || s.p[n] == '|' ||
			s.p[n] == '-'))
			return true;
	}
	return false;
}

enum href_kind
href_kind(struct str value)
{
	struct buf prefix;
	bool outputs, http, may;
	size_t mark;

	value = str_trim(value);
	mark = find_marks(value, &outputs);
	buf_init(&prefix, PREFIX_MAX);
	href_decode(&prefix,
	    str_sub(value, 0, mark < PREFIX_MAX ? mark : PREFIX_MAX));
	http = href_is_http(buf_view(&prefix));
	may = may_become_http(buf_view(&prefix));
	buf_release(&prefix);
	if (mark == STR_NOWHERE)
		return http ? HREF_STATIC : HREF_OTHER;
	if (mark == 0 && is_built_in(value))
		return HREF_BUILT_IN;
	if (!http && !may)
		return HREF_OTHER;
	return http && outputs ? HREF_MERGED : HREF_PERSONAL;
}

bool
href_is_harmless(struct str url)
{
	static const char *const schemes[] = {"http", "https", "mailto", "tel",
	    "sms", "cid", "ftp", "geo", "webcal", "xmpp"};
	size_t i, n = 0;

	while (n < url.n && strchr(":/?#", url.p[n]) == NULL)
		n++;
	if (n == url.n || url.p[n] != ':')
		return true;
	for (i = 0; i < ARRAY_LEN(schemes); i++)
		if (str_eq_nocase(str_sub(url, 0, n), str_of(schemes[i])))
			return true;
	return false;
}

static void
put_percent(struct buf *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char bytes[3] = {'%', digits[c >> 4], digits[c & 15]};

	buf_add(out, bytes, sizeof(bytes));
}

/* Bytes that need no encoding go over in runs. */
static void
encode(struct buf *out, struct str s, const bool plain[256])
{
	size_t i = 0, from;

	while (i < s.n) {
		for (from = i; i < s.n && plain[(unsigned char)s.p[i]]; i++)
			;
		buf_add(out, s.p + from, i - from);
		if (i < s.n)
			put_percent(out, (unsigned char)s.p[i++]);
	}
}

static const bool fits_url[256] = {
    ['!'] = true,
    ['#' ... ';'] = true,
    ['='] = true,
    ['?' ... '['] = true,
    [']'] = true,
    ['_'] = true,
    ['a' ... 'z'] = true,
    ['~'] = true,
};

static const bool unreserved[256] = {
    ['0' ... '9'] = true,
    ['a' ... 'z'] = true,
    ['A' ... 'Z'] = true,
    ['-'] = true,
    ['.'] = true,
    ['_'] = true,
    ['~'] = true,
};

void
href_clean(struct buf *out, struct str url)
{
	encode(out, url, fits_url);
}

void
href_percent(struct buf *out, struct str text)
{
	encode(out, text, unreserved);
}
