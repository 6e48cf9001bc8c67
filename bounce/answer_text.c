#include "bounce/answer_text.h"

#define INTRODUCTION_LINES 3 /* of "On ... wrote:", which mailers wrap */
#define INTRODUCTION_MAX   300
#define RULE_MIN           20 /* of a line of one sign */

/* What an introduction says before its colon, or soon before. */
static const char *const wrote[] = {
    "wrote",
    "writes",
    "schrieb",
    "schreef",
    "a écrit",
    "escribió",
    "escreveu",
    "ha scritto",
    "skrev",
    "kirjoitti",
    "napisał",
    "napsal",
    "пишет",
    "пише",
    "написал",
    "写道",
    NULL,
};

/* "From:" as mail programs repeat it, and what stands on a line soon after. */
static const char *const from[] = {"From:", "*From:*",
    "Von:", "De :", "De:", "Da:", "Van:", "Från:", "Fra:", "Od:", "От:", NULL};
static const char *const more[] = {"Sent:", "*Sent:*", "Date:", "*Date:*",
    "To:", "*To:*",
    "Subject:", "Gesendet:", "Datum:", "An:", "Betreff:", "Envoyé :", "Envoyé:",
    "À :", "Objet :", "Enviado:", "Para:", "Asunto:", "Assunto:", "Inviato:",
    "Data:", "Oggetto:", "Verzonden:", "Aan:", "Onderwerp:", "Skickat:",
    "Till:", "Ämne:", "Sendt:", "Til:", "Emne:", NULL};

static bool
starts_with_any(struct str line, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_starts(line, str_of(*words)))
			return true;
	return false;
}

static bool
has_any(struct str line, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_find(line, str_of(*words)) != STR_NOWHERE)
			return true;
	return false;
}

/* The line that `rest` begins with, trimmed at its end. */
static struct str
first_line(struct str rest)
{
	struct str line = STR_NONE;

	str_cut(&rest, '\n', &line);
	while (line.n > 0 &&
	       (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t' ||
		   line.p[line.n - 1] == '\r'))
		line.n--;
	return line;
}

static struct str
skip_line(struct str rest)
{
	size_t end = str_chr(rest, '\n');

	return end == STR_NOWHERE ? STR_NONE : str_from(rest, end + 1);
}

static struct str
skip_blank_lines(struct str rest)
{
	while (rest.n > 0 && str_trim(first_line(rest)).n == 0)
		rest = skip_line(rest);
	return rest;
}

static bool
is_quoted(struct str line)
{
	return str_starts(str_trim(line), STR(">"));
}

static bool
is_signature(struct str rest)
{
	return str_starts(rest, STR("-- \n")) ||
	       str_starts(rest, STR("--\n")) || str_eq(rest, STR("--")) ||
	       str_eq(rest, STR("-- "));
}

/* Below a quotation stands something of the writer's own. */
static bool
is_answered_within(struct str rest)
{
	rest = skip_blank_lines(rest);
	if (!is_quoted(first_line(rest)))
		return false;
	while (rest.n > 0 && is_quoted(first_line(rest)))
		rest = skip_blank_lines(skip_line(rest));
	return rest.n > 0 && !is_signature(rest);
}

static bool
has_digit(struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		if (text.p[i] >= '0' && text.p[i] <= '9')
			return true;
	return false;
}

/* "On 3 May, Ann wrote:", on up to three lines, or with the quotation right
 * below it. */
static bool
is_introduction(struct str rest)
{
	struct str at = rest, line, whole;
	int i;

	for (i = 0; i < INTRODUCTION_LINES; i++) {
		line = first_line(at);
		if (str_trim(line).n == 0 || is_quoted(line))
			return false;
		at = skip_line(at);
		if (!str_ends(line, STR(":")) && !str_ends(line, STR("：")))
			continue;
		whole = str_sub(rest, 0, rest.n - at.n);
		return whole.n <= INTRODUCTION_MAX && has_any(whole, wrote) &&
		       (has_digit(whole) ||
			   is_quoted(first_line(skip_blank_lines(at)))) &&
		       !is_answered_within(at);
	}
	return false;
}

static bool
is_rule(struct str line)
{
	size_t i;

	line = str_trim(line);
	for (i = 0; i < line.n; i++)
		if (line.p[i] != line.p[0])
			return false;
	return line.n >= RULE_MIN && (line.p[0] == '_' || line.p[0] == '-');
}

/* The header of the answered mail: two of its fields, one after another. */
static bool
is_header(struct str rest)
{
	struct str line = str_trim(first_line(rest));

	if (!starts_with_any(line, from))
		return false;
	rest = skip_blank_lines(skip_line(rest));
	if (starts_with_any(str_trim(first_line(rest)), more))
		return true;
	return starts_with_any(
	    str_trim(first_line(skip_blank_lines(skip_line(rest)))), more);
}

static bool
is_divider(struct str rest)
{
	struct str line = str_trim(first_line(rest));

	if (is_rule(line))
		return line.p[0] == '_' ||
		       is_header(skip_blank_lines(skip_line(rest)));
	return line.n > 12 && str_starts(line, STR("-----")) &&
	       str_ends(line, STR("-----"));
}

static bool
begins_the_rest(struct str rest)
{
	return is_signature(rest) || str_starts(rest, STR("Sent from my ")) ||
	       is_divider(rest) || is_header(rest) || is_introduction(rest);
}

/* What is quoted at the end without an introduction. */
static struct str
drop_quoted_end(struct str text)
{
	struct str kept = STR_NONE, rest = text, line;

	while (rest.n > 0) {
		line = first_line(rest);
		rest = skip_line(rest);
		if (str_trim(line).n > 0 && !is_quoted(line))
			kept = str_sub(text, 0,
			    (size_t)(line.p + line.n - text.p));
	}
	return kept.p != NULL ? kept : text;
}

struct str
answer_text(struct str text)
{
	struct str rest = skip_blank_lines(text);
	const char *begin = rest.p;

	/* Something is before it, or else all of it is quoted. */
	for (rest = skip_line(rest); rest.n > 0; rest = skip_line(rest))
		if (begins_the_rest(rest))
			return drop_quoted_end(str_trim(
			    (struct str){begin, (size_t)(rest.p - begin)}));
	return drop_quoted_end(str_trim(text));
}
