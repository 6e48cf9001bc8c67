/*
 * css_element.c - what a tag says of its element that rules may ask for.
 */
#include "templates/html/css_mark.h"
#include "templates/html/css_match.h"
#include "templates/html/html_scan.h"
#include "templates/liquid/liquid_scan.h"

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
has_mark(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '{' && liquid_mark(str_from(s, i)) > 0)
			return true;
	return false;
}

static void
add_name(struct css_element *e, enum css_kind kind, struct str name,
    const struct css_names *names)
{
	uint32_t number = css_names_find(names, kind, name);

	if (number == 0)
		return;
	if (e->count < CSS_ELEMENT_NAMES_MAX)
		e->names[e->count++] = number;
	else
		e->merged_names = true;
}

/* Bytes of the next class; marks hide blanks. */
static size_t
class_length(struct str s)
{
	size_t i = 0, n;

	while (i < s.n && !blank(s.p[i])) {
		n = s.p[i] == '{' ? liquid_mark(str_from(s, i)) : 0;
		i += n > 0 ? n : 1;
	}
	return i;
}

/* Those that stand there for all recipients. */
static void
read_classes(struct css_element *e, struct str value,
    const struct css_names *names)
{
	struct str class;
	int depth = 0;

	while ((value = str_trim(value)).n > 0) {
		class = str_sub(value, 0, class_length(value));
		value = str_from(value, class.n > 0 ? class.n : 1);
		if (has_mark(class) || depth != 0)
			e->merged_names = true;
		else
			add_name(e, CSS_CLASS, class, names);
		depth += css_mark_depths(class);
	}
}

static void
read_attribute(struct css_element *e, const struct html_attribute *a,
    bool in_block, const struct css_names *names)
{
	bool class = str_eq_nocase(a->name, STR("class"));
	bool id = str_eq_nocase(a->name, STR("id"));

	if (has_mark(a->name)) {
		e->merged_names = e->unwritable = true;
	} else if (str_eq_nocase(a->name, STR("style"))) {
		e->unwritable |=
		    in_block ||
		    (a->quote == '\0' && str_chr(a->value, '"') != STR_NOWHERE);
		if (e->style.whole.n == 0)
			e->style = *a;
	} else if ((class || id) && in_block) {
		e->merged_names = true;
	} else if (class) {
		read_classes(e, a->value, names);
	} else if (id) {
		e->merged_names |= has_mark(a->value);
		add_name(e, CSS_ID, str_trim(a->value), names);
	}
}

void
css_element_read(struct css_element *e, const struct html_tag *tag,
    const struct css_names *names)
{
	struct str rest = tag->attributes, gap = rest;
	struct html_attribute a;
	int depth = 0;

	*e = (struct css_element){.tag = tag->name};
	e->element = css_names_find(names, CSS_ELEMENT, tag->name);
	e->merged_names = has_mark(tag->name);
	while (html_attribute_next(&rest, &a)) {
		gap.n = (size_t)(a.whole.p - gap.p);
		depth += css_mark_depths(gap);
		read_attribute(e, &a, depth != 0, names);
		gap = rest;
	}
}
