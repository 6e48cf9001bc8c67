/*
 * html_value.c - inside an attribute's value, a style or a script: how far a
 * URL got, whether a script is in quotes.
 */
#include "templates/html/html_context.h"

static const struct {
	const char *name;
	enum place_holds holds;
} attributes[] = {
    {"action", HOLDS_URL},
    {"archive", HOLDS_URL},
    {"background", HOLDS_IMAGE},
    {"by", HOLDS_URL}, /* of SVG's animations, as from, to and values */
    {"cite", HOLDS_URL},
    {"classid", HOLDS_URL},
    {"codebase", HOLDS_URL},
    {"data", HOLDS_URL},
    {"dynsrc", HOLDS_URL},
    {"formaction", HOLDS_URL},
    {"from", HOLDS_URL},
    {"href", HOLDS_URL},
    {"icon", HOLDS_URL},
    {"longdesc", HOLDS_URL},
    {"lowsrc", HOLDS_URL},
    {"manifest", HOLDS_URL},
    {"o:althref", HOLDS_URL},
    {"o:href", HOLDS_URL},
    {"ping", HOLDS_URL},
    {"poster", HOLDS_URL},
    {"profile", HOLDS_URL},
    {"src", HOLDS_IMAGE},
    {"srcdoc", HOLDS_UNKNOWN}, /* a document of its own */
    {"style", HOLDS_STYLE},
    {"to", HOLDS_URL},
    {"usemap", HOLDS_URL},
    {"values", HOLDS_URL},
    {"xlink:href", HOLDS_URL},
    {"xml:base", HOLDS_URL},
};

/* `srcset` is none of them: no script runs from it, and it holds commas and
 * blanks between its URLs. */
enum place_holds
html_value_of(const struct html_place *p)
{
	size_t i;

	if (p->merged)
		return HOLDS_UNKNOWN;
	if (p->element == ELEMENT_META && html_place_is(p, "content"))
		return HOLDS_REFRESH;
	if (p->name_n > 2 && p->name[0] == 'o' && p->name[1] == 'n')
		return HOLDS_SCRIPT;
	for (i = 0; i < ARRAY_LEN(attributes); i++)
		if (html_place_is(p, attributes[i].name))
			return attributes[i].holds;
	return HOLDS_TEXT;
}

static void
forget_letters(struct html_place *p)
{
	memset(p->name, 0, sizeof(p->name));
	p->name_n = 0;
}

void
html_value_begin(struct html_place *p)
{
	bool url = p->holds == HOLDS_URL || p->holds == HOLDS_IMAGE;

	forget_letters(p);
	p->merged = false;
	p->last = p->string = 0;
	p->url = url ? URL_START : URL_NONE;
}

static bool
one_of(const struct html_place *p, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (html_place_is(p, names[i]))
			return true;
	return false;
}

/* At the ':' behind letters. */
static enum place_url
behind_scheme(const struct html_place *p)
{
	static const char *const scripts[] = {"javascript", "vbscript",
	    "livescript", "mocha", "jscript"};
	static const char *const hosts[] = {"http", "https", "ftp", "ws", "wss",
	    "file"};

	if (one_of(p, scripts, ARRAY_LEN(scripts)))
		return URL_SCRIPT;
	if (one_of(p, hosts, ARRAY_LEN(hosts)))
		return URL_AUTHORITY;
	return html_place_is(p, "data") ? URL_DATA : URL_PATH;
}

static enum place_url
feed_scheme(struct html_place *p, char c)
{
	if (c == ':') {
		enum place_url next = behind_scheme(p);

		forget_letters(p);
		return next;
	}
	if ((unsigned char)c <= ' ') /* browsers skip them */
		return URL_SCHEME;
	html_place_name_add(p, c);
	return URL_SCHEME;
}

/* "data:image/" is a picture, the rest might be a page. */
static enum place_url
feed_data(struct html_place *p, char c)
{
	if (c != '/' && c != ',' && c != ';') {
		html_place_name_add(p, c);
		return URL_DATA;
	}
	return html_place_is(p, "image") ? URL_PATH : URL_SCRIPT;
}

static enum place_url
feed_start(struct html_place *p, char c)
{
	if ((unsigned char)c <= ' ')
		return URL_START;
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
		html_place_name_add(p, c);
		return URL_SCHEME;
	}
	return URL_PATH;
}

static enum place_url
feed_url(struct html_place *p, char c)
{
	enum place_url url = (enum place_url)p->url;
	bool slash = c == '/' || c == '\\';

	if (url >= URL_QUERY && url != URL_DATA)
		return url;
	if (url == URL_DATA)
		return feed_data(p, c);
	if (c == '?' || c == '#')
		return URL_QUERY;
	switch (url) {
	case URL_START: return slash ? URL_AUTHORITY : feed_start(p, c);
	case URL_SCHEME: return slash ? URL_SLASH : feed_scheme(p, c);
	case URL_AUTHORITY:
		return slash || c == '.' || c == '@' ? url : URL_HOST;
	case URL_HOST:
		if (c == '.' || c == '@')
			return URL_AUTHORITY;
		return slash ? URL_SLASH : url;
	case URL_VALUE: /* "{{ scheme }}://" */
		if (c == ':')
			return URL_AUTHORITY;
		break;
	case URL_NONE:
	case URL_PATH:
	case URL_SLASH:
	case URL_QUERY:
	case URL_DATA:
	case URL_SCRIPT: break;
	}
	return slash ? URL_SLASH : URL_PATH;
}

static void
set_url(struct html_place *p, enum place_url url)
{
	p->url = (uint8_t)url;
	if (url != URL_SCHEME && url != URL_DATA)
		forget_letters(p);
}

/* Up to "url(" or "url=". */
static void
feed_until(struct html_place *p, char c, const char *opens)
{
	html_place_name_last(p, c, 4);
	if (html_place_is(p, opens)) {
		forget_letters(p);
		p->url = URL_START;
	}
}

/* url( ... ), its quotes being no part of it, written as they are or as
 * character references. */
static void
feed_style(struct html_place *p, char c)
{
	if (p->url == URL_NONE) {
		feed_until(p, c, "url(");
	} else if (c == ')') {
		forget_letters(p);
		p->url = URL_NONE;
		p->last = 0;
	} else if (p->url == URL_START && (p->last == '&' || c == '&')) {
		p->last = c == ';' ? 0 : '&';
	} else if (c != '"' && c != '\'') {
		set_url(p, feed_url(p, c));
	}
}

static void
feed_refresh(struct html_place *p, char c)
{
	if (p->url == URL_NONE)
		feed_until(p, c, "url=");
	else
		set_url(p, feed_url(p, c));
}

static void
feed_script(struct html_place *p, char c)
{
	bool escaped = p->last == '\\';

	p->last = c == '\\' && !escaped ? (uint8_t)c : 0;
	if (escaped || (c != '"' && c != '\'' && c != '`'))
		return;
	if (p->string == 0)
		p->string = (uint8_t)c;
	else if (p->string == (uint8_t)c)
		p->string = 0;
}

void
html_value_byte(struct html_place *p, char c)
{
	switch ((enum place_holds)p->holds) {
	case HOLDS_URL:
	case HOLDS_IMAGE: set_url(p, feed_url(p, c)); break;
	case HOLDS_REFRESH: feed_refresh(p, c); break;
	case HOLDS_STYLE: feed_style(p, c); break;
	case HOLDS_SCRIPT: feed_script(p, c); break;
	case HOLDS_TEXT:
	case HOLDS_UNKNOWN: break;
	}
}

void
html_value_merged(struct html_place *p)
{
	if (p->url == URL_START)
		p->url = URL_VALUE;
	else if (p->url == URL_SLASH)
		p->url = URL_PATH;
	else if (p->url == URL_NONE)
		forget_letters(p);
}

static uint8_t
url_escape(const struct html_place *p)
{
	switch ((enum place_url)p->url) {
	case URL_START:
		return p->holds == HOLDS_IMAGE ? ESCAPE_IMAGE : ESCAPE_URL;
	case URL_VALUE: return ESCAPE_URL_MORE;
	case URL_SCHEME:
	case URL_PATH: return ESCAPE_URL_PATH;
	case URL_SLASH: return ESCAPE_URL_DIR;
	case URL_AUTHORITY: return ESCAPE_URL_HOST;
	case URL_HOST: return ESCAPE_URL_AFTER;
	case URL_QUERY: return ESCAPE_URL_PART;
	case URL_NONE:
	case URL_DATA:
	case URL_SCRIPT: break;
	}
	return ESCAPE_NAME;
}

uint8_t
html_value_escape(const struct html_place *p)
{
	switch ((enum place_holds)p->holds) {
	case HOLDS_URL:
	case HOLDS_IMAGE: return url_escape(p);
	case HOLDS_REFRESH:
		return p->url == URL_NONE ? ESCAPE_HTML : url_escape(p);
	case HOLDS_STYLE:
		return p->url == URL_NONE ? ESCAPE_CSS
					  : url_escape(p) | ESCAPE_IN_CSS;
	case HOLDS_SCRIPT:
		return p->string == 0 ? ESCAPE_SCRIPT : ESCAPE_STRING;
	case HOLDS_TEXT: return ESCAPE_HTML;
	case HOLDS_UNKNOWN: break;
	}
	return ESCAPE_NAME;
}
