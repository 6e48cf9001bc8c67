#include "bounce/quote_intro.h"

#include "bounce/text_line.h"

#define SPREAD_LINES 7 /* of one torn apart with blank lines */

static const char *const wrote[] = {
    "wrote",
    "writes",
    "schrieb",
    "geschrieben",
    "schreef",
    "écrit",
    "escribió",
    "escribio",
    "va escriure",
    "escreveu",
    "ha scritto",
    "skrev",
    "skrifaði",
    "kirjoitti",
    "kirjutas",
    "rakstīja",
    "parašė",
    "napisał",
    "napisao",
    "napsal",
    "napísal",
    "a scris",
    "írta",
    "yazdı",
    "έγραψε",
    "написал",
    "написав",
    "написа",
    "писал",
    "пишет",
    "пише",
    "כתב",
    "كتب",
    "đã viết",
    "menulis",
    "เขียน",
    "写道",
    "寫道",
    "写到",
    "書きました",
    "のメール",
    "작성",
    "썼습니다",
    NULL,
};

/* English sentences are cut soonest by mistake: these have to end the line
 * where nothing else speaks for an introduction. */
static const char *const wrote_last[] = {"wrote", "writes", NULL};

/* How those introductions begin that a date follows. */
static const char *const openers[] = {
    "On ",
    "At ",
    "Am ",
    "Den ",
    "El ",
    "Le ",
    "Il ",
    "Em ",
    "Op ",
    "På ",
    "Dne ",
    "Dňa ",
    "Dnia ",
    "W dniu ",
    "Dana ",
    "Pe ",
    "În ",
    "Στις ",
    "В ",
    "На ",
    "ב",
    "في ",
    "Vào ",
    "Pada ",
    "在 ",
    "於 ",
    "--- On ",
    NULL,
};

static bool
ends_with_colon(struct str line)
{
	return str_ends(line, STR(":")) || str_ends(line, STR("："));
}

static bool
has_bracketed_address(struct str text)
{
	struct str inner = str_from(text, str_chr(text, '<'));
	size_t at = str_chr(inner, '@');

	return at != STR_NOWHERE &&
	       str_chr(str_from(inner, at), '>') != STR_NOWHERE;
}

static bool
is_quoted_below(struct str below)
{
	return text_is_quoted(text_line(text_skip_blank(below)));
}

static bool
begins_with_date(struct str text)
{
	text = text_trim(text);
	return (text.n > 0 && text.p[0] >= '0' && text.p[0] <= '9') ||
	       text_starts_with(text, openers);
}

/* English only with the verb at the end, others as they come. */
static bool
ends_as_introduction(struct str whole)
{
	size_t i;
	struct str text = text_trim(whole);

	text = text_trim(str_sub(text, 0, text.n - 1));
	for (i = 0; wrote_last[i] != NULL; i++) {
		if (str_ends(text, str_of(wrote_last[i])))
			return true;
		if (str_find(text, str_of(wrote_last[i])) != STR_NOWHERE)
			return false;
	}
	return true;
}

/* `whole` ends with a colon and `below` follows it. */
static bool
says_who_wrote(struct str whole, struct str below)
{
	bool named = str_chr(whole, '@') != STR_NOWHERE;

	if (whole.n > QUOTE_INTRO_MAX)
		return false;
	if (!text_holds(whole, wrote))
		return has_bracketed_address(whole) && text_has_digit(whole);
	if (named || is_quoted_below(below))
		return true;
	return text_has_digit(whole) && begins_with_date(whole) &&
	       ends_as_introduction(whole);
}

/* The paragraph up to the first line that ends with a colon. */
static size_t
up_to_colon(struct str rest)
{
	struct str at = rest, line;
	int i;

	for (i = 0; i < QUOTE_INTRO_LINES && at.n > 0; i++) {
		line = text_line(at);
		if (text_is_blank(line) || text_is_quoted(line))
			return 0;
		at = text_below(at);
		if (ends_with_colon(line))
			return rest.n - at.n;
	}
	return 0;
}

/* Not a line of the writer's own with the introduction right below it. */
static bool
begins_here(struct str whole, struct str below)
{
	struct str first = text_line(whole), more = text_below(whole);

	if (more.n == 0 || !says_who_wrote(more, below))
		return true;
	if (text_has_digit(more))
		return false;
	return text_has_digit(first) || str_chr(first, '@') != STR_NOWHERE;
}

/* "2013/7/20 Ann <ann@example.com>", and the quotation below. */
static size_t
date_and_name(struct str rest)
{
	struct str line = text_line(rest), below = text_below(rest);
	size_t slash = str_chr(str_sub(line, 0, 5), '/');

	if (slash != 4 || line.n > QUOTE_INTRO_MAX)
		return 0;
	if (!str_ends(line, STR(">")) && !text_is_blank(text_line(below))) {
		line = str_sub(rest, 0, rest.n - text_below(below).n);
		line = text_trim(line);
		below = text_below(below);
	}
	if (!str_ends(line, STR(">")) || !has_bracketed_address(line) ||
	    !is_quoted_below(below))
		return 0;
	return rest.n - below.n;
}

/* "On Thu, 31 Mar 2016 at 11:16 Ann", and after blank lines and brackets
 * "> wrote:". */
static size_t
spread(struct str rest)
{
	struct str at = rest, line = text_line(rest), whole;
	int i;

	if (!text_starts_with(line, openers) ||
	    str_chr(line, ':') == STR_NOWHERE || !text_has_digit(line))
		return 0;
	for (i = 0; i < SPREAD_LINES && at.n > 0; i++) {
		line = text_line(at);
		at = text_below(at);
		whole = str_sub(rest, 0, rest.n - at.n);
		if (whole.n > QUOTE_INTRO_MAX)
			return 0;
		if (ends_with_colon(line) && text_holds(line, wrote))
			return str_chr(whole, '@') != STR_NOWHERE ? whole.n : 0;
	}
	return 0;
}

size_t
quote_intro(struct str rest)
{
	size_t n = up_to_colon(rest);
	struct str whole = str_sub(rest, 0, n), below = str_from(rest, n);

	if (n > 0 && says_who_wrote(whole, below) && begins_here(whole, below))
		return n;
	n = date_and_name(rest);
	return n > 0 ? n : spread(rest);
}
