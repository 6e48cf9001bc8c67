/*
 * lint_style.c - what a style attribute hides.
 */
#include "templates/lint_report.h"

/* The last declaration counts; false: there is none, or Liquid is in it. */
static bool
declared(struct str style, const char *property, struct str *value)
{
	struct str rest = style, one;
	size_t colon;
	bool found = false;

	while (str_cut(&rest, ';', &one)) {
		colon = str_chr(one, ':');
		if (colon == STR_NOWHERE ||
		    !str_eq_nocase(str_trim(str_sub(one, 0, colon)),
			str_of(property)))
			continue;
		*value = str_trim(str_from(one, colon + 1));
		found = str_chr(*value, '{') == STR_NOWHERE;
	}
	return found;
}

/* "none", "none!important" */
static bool
says(struct str style, const char *property, const char *word)
{
	struct str value;

	return declared(style, property, &value) &&
	       str_eq_nocase(str_trim(str_sub(value, 0, str_chr(value, '!'))),
		   str_of(word));
}

/* "0", "0px", "0.0em"; 0.5 is not. */
static bool
is_zero(struct str style, const char *property)
{
	struct str value;
	size_t i = 0;

	if (!declared(style, property, &value))
		return false;
	while (i < value.n && (value.p[i] == '0' || value.p[i] == '.'))
		i++;
	return i > 0 && (i == value.n || value.p[i] < '0' || value.p[i] > '9');
}

static bool
same_colors(struct str style)
{
	struct str ink, paper;

	return declared(style, "color", &ink) &&
	       (declared(style, "background-color", &paper) ||
		   declared(style, "background", &paper)) &&
	       str_eq_nocase(ink, paper) &&
	       !str_starts_nocase(ink, STR("inherit"));
}

enum lint_hiding
lint_style_hides(struct str style)
{
	if (says(style, "display", "none") ||
	    says(style, "visibility", "hidden") || is_zero(style, "opacity"))
		return HIDES_ALL;
	if (is_zero(style, "font-size") || same_colors(style))
		return HIDES_TEXT;
	return HIDES_NOTHING;
}
