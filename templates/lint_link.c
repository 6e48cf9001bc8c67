/*
 * lint_link.c - where a link leads, as far as the template tells.
 */
#include "templates/lint_report.h"
#include "templates/liquid/liquid_scan.h"

/* The rule is broken-link unless it is named. */
struct problem {
	const char *rule, *text;
};

/* Offset of the first of these bytes outside of Liquid, or the length. */
static size_t
first_of(struct str s, const char *bytes)
{
	size_t i, n;

	for (i = 0; i < s.n; i += n) {
		n = liquid_mark(str_from(s, i));
		if (n == 0 && s.p[i] != '\0' && strchr(bytes, s.p[i]) != NULL)
			return i;
		n += n == 0;
	}
	return s.n;
}

static bool
starts_with_one_of(struct str s, const char *const *heads, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_starts_nocase(s, str_of(heads[i])))
			return true;
	return false;
}

/* Hosts that only their owner can reach. */
static bool
is_private(struct str host)
{
	static const char *const heads[] = {"127.", "10.", "192.168.",
	    "169.254.", "0.0.0.0"};

	return str_eq_nocase(host, STR("localhost")) ||
	       str_ends(host, STR(".localhost")) ||
	       str_ends(host, STR(".local")) ||
	       starts_with_one_of(host, heads, ARRAY_LEN(heads));
}

static bool
is_placeholder(struct str host)
{
	static const char *const heads[] = {"yourdomain.", "your-domain.",
	    "yoursite.", "your-site.", "yourwebsite.", "yourcompany.",
	    "your-company."};

	if (str_starts_nocase(host, STR("www.")))
		host = str_from(host, 4);
	return starts_with_one_of(host, heads, ARRAY_LEN(heads));
}

/* Behind "http:" and "https:". */
static struct problem
web_problem(struct str rest)
{
	struct str host;

	if (!str_starts(rest, STR("//")))
		return (struct problem){.text = "\"//\" is missing behind the "
						"scheme"};
	rest = str_from(rest, 2);
	host = str_sub(rest, 0, first_of(rest, "/?#"));
	if (host.n == 0)
		return (struct problem){.text = "the link has no host"};
	if (str_chr(host, '{') != STR_NOWHERE || host.p[0] == '[')
		return (struct problem){.text = NULL};
	host = str_sub(host, 0, first_of(host, ":"));
	if (is_private(host))
		return (struct problem){
		    .text = "only the sender's own network can reach this"};
	if (str_chr(host, '.') == STR_NOWHERE ||
	    str_find(host, STR("..")) != STR_NOWHERE)
		return (struct problem){.text = "this is no name of a host"};
	if (is_placeholder(host))
		return (struct problem){.text = "a placeholder was left here"};
	return (struct problem){.text = NULL};
}

/* With something before the first ':'. */
static struct problem
scheme_problem(struct str scheme, struct str rest)
{
	static const char *const scripts[] = {"javascript", "vbscript"};
	static const char *const dead[] = {"htp", "htpp", "htps", "htttp",
	    "htttps", "hhtp", "hhtps", "hppt", "hppts", "ttp", "ttps", "tps",
	    "httpss", "file", "about", "blob"};
	size_t i;

	if (str_eq_nocase(scheme, STR("http")) ||
	    str_eq_nocase(scheme, STR("https")))
		return web_problem(rest);
	if (starts_with_one_of(scheme, scripts, ARRAY_LEN(scripts)))
		return (struct problem){"javascript-link",
		    "mail clients run no scripts; the link does nothing"};
	if (str_eq_nocase(scheme, STR("data")))
		return (struct problem){.text = "mail clients open no data:"};
	if (str_eq_nocase(scheme, STR("mailto")))
		return (struct problem){
		    .text = first_of(rest, "@%") < rest.n ||
				    str_chr(rest, '{') != STR_NOWHERE ||
				    str_starts(rest, STR("?"))
				? NULL
				: "there is no address behind mailto:"};
	for (i = 0; i < ARRAY_LEN(dead); i++)
		if (str_eq_nocase(scheme, str_of(dead[i])) || scheme.n == 1)
			return (struct problem){
			    .text = "nobody can open this scheme"};
	if (rest.n == 0)
		return (struct problem){.text = "the link is only a scheme"};
	return (struct problem){.text = NULL};
}

static struct problem
problem_of(struct str url)
{
	size_t n;

	if (url.n == 0)
		return (struct problem){.text = "the link is empty"};
	if (str_eq(url, STR("#")))
		return (struct problem){.text = "the link leads nowhere"};
	if (first_of(url, "<>\n") < url.n)
		return (struct problem){
		    .text = "the quotation mark behind the link is missing"};
	if (liquid_mark(url) > 0 || url.p[0] == '#')
		return (struct problem){.text = NULL};
	if (first_of(url, " \t") < url.n)
		return (struct problem){
		    .text = "there are blanks in the link; write %20"};
	n = first_of(url, ":/?#");
	if (n > 0 && n < url.n && url.p[n] == ':')
		return scheme_problem(str_sub(url, 0, n), str_from(url, n + 1));
	if (str_chr(str_sub(url, 0, n), '{') != STR_NOWHERE)
		return (struct problem){.text = NULL};
	return (struct problem){.text = "the link has to begin with https:// "
					"to lead anywhere from a mail"};
}

static void
tell(struct lint *l, struct str url, struct problem problem)
{
	const char *rule = problem.rule != NULL ? problem.rule : "broken-link";

	if (problem.text != NULL)
		lint_warn(l, rule, url, "\"%.*s\": %s",
		    (int)(url.n < 60 ? url.n : 60), url.n > 0 ? url.p : "",
		    problem.text);
}

void
lint_link(struct lint *l, struct str url)
{
	tell(l, url, problem_of(str_trim(url)));
}

void
lint_image_url(struct lint *l, struct str url)
{
	struct str s = str_trim(url);

	if (str_starts_nocase(s, STR("data:")))
		lint_warn(l, "data-image", str_sub(url, 0, 40),
		    "many mail clients show no images from data:; attach the "
		    "file, or link to it");
	else if (!str_starts_nocase(s, STR("cid:")))
		tell(l, url, problem_of(s));
}
