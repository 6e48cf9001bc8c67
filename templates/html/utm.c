#include "templates/html/utm.h"

#include "templates/html/entity.h"
#include "templates/html/href.h"
#include "templates/liquid/liquid_scan.h"

#define PARAMETERS 5

bool
utm_is_empty(const struct message_utm *utm)
{
	return utm->source.n + utm->medium.n + utm->campaign.n + utm->term.n +
		   utm->content.n ==
	       0;
}

/* Whether the query has `name=` already. */
static bool
has_parameter(struct str url, struct str name)
{
	size_t at;

	while ((at = str_find_nocase(url, name)) != STR_NOWHERE) {
		if (at > 0 && (url.p[at - 1] == '?' || url.p[at - 1] == '&') &&
		    str_starts(str_from(url, at + name.n), STR("=")))
			return true;
		url = str_from(url, at + name.n);
	}
	return false;
}

/* `url` is decoded and without its fragment. */
static void
put_parameters(struct buf *out, struct str url, bool has_query,
    const struct message_utm *utm, const char *ampersand)
{
	const struct {
		struct str name, value;
	} rows[PARAMETERS] = {
	    {STR("utm_source"), utm->source},
	    {STR("utm_medium"), utm->medium},
	    {STR("utm_campaign"), utm->campaign},
	    {STR("utm_term"), utm->term},
	    {STR("utm_content"), utm->content},
	};
	bool parted =
	    has_query && (url.p[url.n - 1] == '?' || url.p[url.n - 1] == '&');
	size_t i;

	for (i = 0; i < PARAMETERS; i++) {
		if (rows[i].value.n == 0 || has_parameter(url, rows[i].name))
			continue;
		if (!parted)
			buf_puts(out, has_query ? ampersand : "?");
		buf_str(out, rows[i].name);
		buf_char(out, '=');
		href_percent(out, rows[i].value);
		parted = false;
		has_query = true;
	}
}

void
utm_add(struct buf *out, struct str url, const struct message_utm *utm)
{
	struct str base = str_sub(url, 0, str_chr(url, '#'));

	buf_str(out, base);
	put_parameters(out, base, str_chr(base, '?') != STR_NOWHERE, utm, "&");
	buf_str(out, str_from(url, base.n));
}

/* Offset of the '#' that begins the fragment, or of the end. */
static size_t
fragment_at(struct str value)
{
	uint32_t code = 0;
	size_t i = 0, n;

	while (i < value.n && value.p[i] != '#') {
		n = 0;
		if (value.p[i] == '{')
			n = liquid_mark(str_from(value, i));
		else if (value.p[i] == '&')
			n = entity_decode(str_from(value, i), &code);
		if (n > 0 && value.p[i] == '&' && code == '#')
			break;
		i += n > 0 ? n : 1;
	}
	return i;
}

void
utm_add_href(struct buf *out, struct str value, const struct message_utm *utm)
{
	struct str base = str_sub(value, 0, fragment_at(value));
	struct buf url;

	while (base.n > 0 && (unsigned char)base.p[base.n - 1] <= ' ')
		base.n--;
	buf_init(&url, base.n + 1);
	href_decode(&url, base);
	buf_str(out, base);
	put_parameters(out, buf_view(&url),
	    html_find(buf_view(&url), STR("?")) != STR_NOWHERE, utm, "&amp;");
	buf_str(out, str_from(value, base.n));
	buf_release(&url);
}
