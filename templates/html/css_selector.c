#include "templates/html/css_sheet.h"

#define WEIGHT_ID    (1U << 16)
#define WEIGHT_CLASS (1U << 8)

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Takes the blanks and the '>' off the front that stand between two parts;
 * false: there are none. */
static bool
take_combinator(struct str *s, bool *child)
{
	size_t n = s->n;

	*s = str_trim(*s);
	*child = str_starts(*s, STR(">"));
	if (*child)
		*s = str_trim(str_from(*s, 1));
	return s->n < n;
}

/* Takes element.class#id off the front. */
static bool
take_part(struct css_sheet *sheet, struct str *s, struct css_selector *out,
    struct css_part *part)
{
	size_t n = css_name_length(*s);

	*part = (struct css_part){.child = false};
	if (n > 0) {
		part->element = css_names_add(&sheet->names, CSS_ELEMENT,
		    str_sub(*s, 0, n));
		out->specificity++;
		*s = str_from(*s, n);
	}
	while (s->n > 0 && (s->p[0] == CSS_CLASS || s->p[0] == CSS_ID)) {
		enum css_kind kind = (enum css_kind)s->p[0];

		n = css_name_length(str_from(*s, 1));
		if (n == 0 || part->count == CSS_NAMES_MAX)
			return false;
		part->names[part->count++] =
		    css_names_add(&sheet->names, kind, str_sub(*s, 1, n));
		out->specificity += kind == CSS_ID ? WEIGHT_ID : WEIGHT_CLASS;
		*s = str_from(*s, n + 1);
	}
	return (part->element != 0 || part->count > 0) &&
	       (s->n == 0 || blank(s->p[0]) || s->p[0] == '>');
}

struct css_selector *
css_selector_read(struct css_sheet *s, struct str text)
{
	struct css_part parts[CSS_PARTS_MAX];
	struct css_selector read = {0}, *out;
	bool child = false;

	text = css_trim(text);
	do {
		if (read.count == CSS_PARTS_MAX ||
		    !take_part(s, &text, &read, &parts[read.count]))
			return NULL;
		parts[read.count++].child = child;
	} while (take_combinator(&text, &child));
	if (child) /* nothing follows the '>' */
		return NULL;
	read.parts = css_sheet_alloc(s, read.count * sizeof(parts[0]));
	out = css_sheet_alloc(s, sizeof(*out));
	if (out == NULL || read.parts == NULL)
		return NULL;
	memcpy(read.parts, parts, read.count * sizeof(parts[0]));
	*out = read;
	return out;
}
