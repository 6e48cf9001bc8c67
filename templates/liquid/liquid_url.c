/*
 * liquid_url.c - merge values as parts of a URL (RFC 3986, and what browsers
 * make of the rest).  Bytes beyond ASCII stay where a whole URL is given, as
 * mail clients encode them; in a query all but the unreserved go.
 */
#include "templates/html/html_context.h"
#include "templates/liquid/liquid_writer.h"
#include "templates/liquid/plain_run.h"

#define SCHEME_MAX 16

enum {
	PART = 1, /* unreserved */
	PATH = 2, /* stands in paths */
	HOST = 4, /* stands in hosts, with a port */
	ANY = 8,  /* stands somewhere in a URL */
	/* special, and so to be looked at twice: */
	IN_HTML = 16,
	IN_CSS = 32,
	IF_BARE = 64,   /* in an attribute without quotes */
	AS_SCHEME = 128 /* where a colon may not stay */
};

static const uint8_t classes_of[256] = {
    ['0' ... '9'] = PART | PATH | HOST | ANY,
    ['a' ... 'z'] = PART | PATH | HOST | ANY,
    ['A' ... 'Z'] = PART | PATH | HOST | ANY,
    ['-'] = PART | PATH | HOST | ANY,
    ['.'] = PART | PATH | HOST | ANY,
    ['_'] = PART | PATH | HOST | ANY,
    ['~'] = PART | PATH | HOST | ANY,
    [0x80 ... 0xff] = PATH | HOST | ANY,
    ['/'] = PATH | ANY,
    ['!'] = PATH | ANY,
    ['$'] = PATH | ANY,
    ['*'] = PATH | ANY,
    ['+'] = PATH | ANY,
    [','] = PATH | ANY,
    [';'] = PATH | ANY | IN_CSS,
    ['='] = PATH | ANY | IF_BARE,
    ['@'] = PATH | ANY,
    [':'] = HOST | ANY | AS_SCHEME,
    ['['] = ANY,
    [']'] = ANY,
    ['?'] = ANY,
    ['#'] = ANY,
    ['&'] = ANY | IN_HTML,
    ['%'] = ANY,
    ['('] = ANY | IN_CSS,
    [')'] = ANY | IN_CSS,
    ['\''] = ANY | IN_HTML | IN_CSS,
};

static bool
put_encoded(struct liquid_writer *w, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	const char code[3] = {'%', hex[c >> 4], hex[c & 15]};

	return liquid_run_write(w->run, code, 3);
}

static bool
is_hex(char c)
{
	c = str_lower_char(c);
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* "%2F": what is encoded already stays so in paths. */
static bool
is_encoded(struct str s)
{
	return s.n > 2 && s.p[0] == '%' && is_hex(s.p[1]) && is_hex(s.p[2]);
}

/* One byte; `colon` says whether a colon may stay. */
static bool
put_byte(struct liquid_writer *w, struct str s, int classes, bool colon)
{
	char c = s.p[0];
	bool kept = (classes_of[(unsigned char)c] & classes) != 0;

	if (c == ':' && !colon)
		kept = false;
	if ((w->how & ESCAPE_IN_CSS) &&
	    (c == '(' || c == ')' || c == ';' || c == '\''))
		kept = false;
	if ((classes & PATH) && is_encoded(s))
		kept = true;
	return kept ? liquid_writer_byte(w, c)
		    : put_encoded(w, (unsigned char)c);
}

/* What is not of these classes is percent-encoded. */
static bool
put_url(struct liquid_writer *w, struct str s, int classes, bool colon)
{
	int is, special = IN_HTML | (colon ? 0 : AS_SCHEME) |
			  (w->how & ESCAPE_IN_CSS ? IN_CSS : 0) |
			  (w->how & ESCAPE_BARE ? IF_BARE : 0);
	bool fast = (classes & ANY) && !(w->how & ESCAPE_BARE);
	size_t n;

	while (s.n > 0) {
		n = 0;
		do {
			if (fast)
				n += plain_run_url(s.p + n, s.n - n);
			is = n < s.n ? classes_of[(unsigned char)s.p[n]] : 0;
			n += (is & classes) && !(is & special);
		} while ((is & classes) && !(is & special));
		if (!liquid_run_write(w->run, s.p, n))
			return false;
		s = str_from(s, n);
		if (s.n == 0)
			break;
		if (!put_byte(w, s, classes, colon))
			return false;
		s = str_from(s, 1);
	}
	return true;
}

/* The letters before the first other sign, in lower case; browsers skip
 * blanks and controls.  `s` is what follows. */
static struct str
scheme(struct str *s, char name[SCHEME_MAX])
{
	size_t n = 0;
	char c;

	for (; s->n > 0; *s = str_from(*s, 1)) {
		c = str_lower_char(s->p[0]);
		if ((unsigned char)c <= ' ' || c == 0x7f)
			continue;
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			c == '+' || c == '-' || c == '.'))
			break;
		if (n < SCHEME_MAX)
			name[n++] = c;
	}
	return (struct str){name, n};
}

/* Behind "data": of an image that is none of a page's. */
static bool
is_picture(struct str rest)
{
	static const char *const types[] = {":image/png", ":image/jpeg",
	    ":image/jpg", ":image/gif", ":image/webp"};
	struct str type;
	size_t i;

	for (i = 0; i < ARRAY_LEN(types); i++) {
		type = str_of(types[i]);
		if (str_starts_nocase(rest, type) && rest.n > type.n &&
		    (rest.p[type.n] == ';' || rest.p[type.n] == ','))
			return true;
	}
	return false;
}

static bool
refused(struct str s, bool image)
{
	static const char *const allowed[] = {"http", "https", "mailto", "tel",
	    "sms", "cid"};
	static const char *const bad[] = {"javascript", "vbscript", "data",
	    "livescript", "mocha", "jscript"};
	char text[SCHEME_MAX];
	struct str name;

	if (str_starts(s, STR("https://")) || str_starts(s, STR("http://")))
		return false;
	name = scheme(&s, text);
	if (s.n > 0 && s.p[0] == ':')
		return !str_is_any(name, allowed, ARRAY_LEN(allowed)) &&
		       !(image && str_eq(name, STR("data")) && is_picture(s));
	/* the colon may come as a reference, or from the template */
	return (s.n == 0 || s.p[0] == '&' || s.p[0] == '%') &&
	       str_is_any(name, bad, ARRAY_LEN(bad));
}

static bool
write_whole(struct liquid_writer *w, struct str s, bool image)
{
	s = str_trim(s);
	if (refused(s, image))
		return liquid_run_write(w->run, "#", 1);
	return put_url(w, s, ANY, true);
}

/* Beyond ASCII there are more dots, and letters that become some. */
static bool
write_after_host(struct liquid_writer *w, struct str s)
{
	char c = '\0';
	size_t i, n = 0;
	char *host;

	if (s.n > 0)
		c = s.p[0];
	if (c == '/' || c == '?' || c == '#')
		return put_url(w, s, ANY, true);
	host = liquid_run_alloc(w->run, s.n);
	if (host == NULL)
		return false;
	for (i = 0; i < s.n; i++)
		if (s.p[i] != '.' && (unsigned char)s.p[i] < 0x80)
			host[n++] = s.p[i];
	return put_url(w, (struct str){host, n}, HOST, true);
}

bool
liquid_write_url(struct liquid_writer *w, struct str s)
{
	switch ((unsigned)w->how & ESCAPE_KIND) {
	case ESCAPE_IMAGE: return write_whole(w, s, true);
	case ESCAPE_URL: return write_whole(w, s, false);
	case ESCAPE_URL_MORE: return put_url(w, s, ANY, !refused(s, false));
	case ESCAPE_URL_DIR:
		while (s.n > 0 && s.p[0] == '/')
			s = str_from(s, 1);
		return put_url(w, s, PATH, true);
	case ESCAPE_URL_PATH: return put_url(w, s, PATH, true);
	case ESCAPE_URL_HOST: return put_url(w, s, HOST, true);
	case ESCAPE_URL_AFTER: return write_after_host(w, s);
	default: return put_url(w, s, PART, true);
	}
}
