#include "bounce/auth_results.h"

#include "lib/mail/header.h"

/*
 *   field   = authserv-id [ version ] 1*( ";" resinfo )
 *   resinfo = method "=" result *( ptype "." property "=" value )
 *
 * with comments and blanks anywhere, and values that may be quoted.
 */

/* Past a comment, which may hold others; 0: it does not end. */
static size_t
comment_end(struct str s, size_t at)
{
	int depth = 0;

	for (; at < s.n; at++) {
		if (s.p[at] == '\\')
			at++;
		else if (s.p[at] == '(')
			depth++;
		else if (s.p[at] == ')' && --depth == 0)
			return at + 1;
	}
	return 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What a quoted value says is no structure. */
static char
tamed(char c)
{
	return is_blank(c) || c == ';' || c == '=' ? '?' : c;
}

/* May a quoted string end before that?  It is a value, or the local part of
 * an address, never a piece of a domain. */
static bool
ends_quoted(struct str rest)
{
	return rest.n == 0 || is_blank(rest.p[0]) ||
	       str_chr(STR(";@("), rest.p[0]) != STR_NOWHERE;
}

/* A quoted string without its marks; false: it does not end, or stands where
 * none may. */
static bool
put_quoted(struct str s, size_t *at, char *out, size_t *n)
{
	size_t i = *at + 1;

	if (*n > 0 && out[*n - 1] != ' ' && out[*n - 1] != '=')
		return false;
	for (; i < s.n && s.p[i] != '"'; i++) {
		bool paired = s.p[i] == '\\' && i + 1 < s.n;

		out[(*n)++] = paired ? '?' : tamed(s.p[i]);
		i += paired;
	}
	*at = i + 1;
	return i < s.n && ends_quoted(str_from(s, i + 1));
}

/* Without comments and quotation marks, one blank at most between words and
 * none beside '='; STR_NONE: it cannot be read. */
static struct str
plain(struct str value, struct arena *a)
{
	char *out = arena_alloc(a, value.n + 1);
	size_t n = 0, at = 0;

	while (at < value.n) {
		char c = is_blank(value.p[at]) ? ' ' : value.p[at];

		if (c == '"') {
			if (!put_quoted(value, &at, out, &n))
				return STR_NONE;
			continue;
		}
		if (c == '(') {
			at = comment_end(value, at);
			if (at == 0)
				return STR_NONE;
			c = ' ';
		} else {
			at++;
		}
		if (c == '=' && n > 0 && out[n - 1] == ' ')
			n--;
		if (c != ' ' ||
		    (n > 0 && out[n - 1] != ' ' && out[n - 1] != '='))
			out[n++] = c;
	}
	return str_trim((struct str){out, n});
}

static bool
is_at_or_below(struct str domain, struct str top)
{
	if (domain.n > top.n && domain.p[domain.n - top.n - 1] == '.')
		domain = str_from(domain, domain.n - top.n);
	return str_eq_nocase(domain, top);
}

static bool
is_known(struct str domain, struct str domains)
{
	struct str top;

	while (str_cut(&domains, ' ', &top))
		if (top.n > 0 && is_at_or_below(domain, top))
			return true;
	return false;
}

/* The value of the first word that begins so. */
static struct str
property(struct str result, struct str name)
{
	struct str word;

	while (str_cut(&result, ' ', &word))
		if (str_starts_nocase(word, name))
			return str_from(word, name.n);
	return STR_NONE;
}

static bool
is_pass_of(struct str result, struct str domains)
{
	struct str verdict, domain;

	if (!str_cut(&result, ' ', &verdict) ||
	    (!str_eq_nocase(verdict, STR("dkim=pass")) &&
		!str_eq_nocase(verdict, STR("dkim/1=pass"))))
		return false;
	domain = property(result, STR("header.d="));
	if (domain.p == NULL) {
		domain = property(result, STR("header.i="));
		domain = str_from(domain, str_rchr(domain, '@') + 1);
	}
	return is_known(domain, domains);
}

/* The first word of the first piece names the host. */
static bool
is_of_host(struct str field, struct str authserv_id)
{
	struct str head, host;

	return str_cut(&field, ';', &head) && str_cut(&head, ' ', &host) &&
	       str_eq_nocase(host, authserv_id);
}

static bool
says_pass(struct str field, struct str domains)
{
	struct str result;

	str_cut(&field, ';', &result); /* the host */
	while (str_cut(&field, ';', &result))
		if (is_pass_of(str_trim(result), domains))
			return true;
	return false;
}

bool
auth_results_pass(struct str header, const struct auth_trust *trust,
    struct arena *a)
{
	struct header_field f;
	struct str field;

	if (trust->authserv_id.n == 0 || trust->domains.n == 0)
		return false;
	while (header_next(&header, &f)) {
		if (!str_eq_nocase(f.name, STR("Authentication-Results")))
			continue;
		if (f.value.n > AUTH_RESULTS_MAX)
			return false;
		field = plain(f.value, a);
		if (field.p == NULL)
			return false;
		if (is_of_host(field, trust->authserv_id))
			return says_pass(field, trust->domains);
	}
	return false;
}
