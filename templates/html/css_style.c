#include "templates/html/css_style.h"

#include "lib/base/mem.h"
#include "templates/html/css_inline.h"
#include "templates/liquid/liquid_scan.h"

#define ITEMS_FIRST 64

/* Who said a property last; rules by order + 1. */
struct css_stamp {
	uint32_t element, by;
};
#define BY_ITSELF UINT32_MAX

struct css_item {
	const struct css_declaration *said;
	uint32_t by;
	bool dropped;
};

void
css_style_init(struct css_style *s, const struct css_sheet *sheet)
{
	*s = (struct css_style){.names = &sheet->names};
	s->stamps = NEW_ARRAY(struct css_stamp, sheet->names.count + 1);
	buf_init(&s->before, CSS_MEMORY_MAX);
	buf_init(&s->after, CSS_MEMORY_MAX);
}

void
css_style_release(struct css_style *s)
{
	free(s->stamps);
	free(s->items);
	buf_release(&s->before);
	buf_release(&s->after);
}

static void
add_items(struct css_style *s, const struct css_rule *rule)
{
	size_t i;

	for (i = 0; i < rule->count; i++) {
		if (s->count == s->cap) {
			s->cap = s->cap > 0 ? 2 * s->cap : ITEMS_FIRST;
			s->items =
			    mem_grow(s->items, s->cap, sizeof(struct css_item));
		}
		s->items[s->count++] = (struct css_item){
		    .said = &rule->declarations[i],
		    .by = rule->order + 1,
		};
	}
}

static bool
may_be_empty(struct str value)
{
	return str_find(value, STR("{{")) != STR_NOWHERE;
}

/* Whether someone stronger said it; if not, `by` did now. */
static bool
stamp(struct css_style *s, uint32_t property, struct str value, uint32_t by)
{
	struct css_stamp *last = &s->stamps[property];

	if (last->element == s->element && last->by != by)
		return true;
	if (!may_be_empty(value))
		*last = (struct css_stamp){s->element, by};
	return false;
}

static void
stamp_own(struct css_style *s, struct str own, bool important)
{
	struct css_declaration d;
	uint32_t property;

	if (css_has_tag(own))
		return;
	while (css_declaration_next(&own, &d)) {
		property = css_names_find(s->names, CSS_PROPERTY, d.name);
		if (property != 0 && d.important == important)
			(void)stamp(s, property, d.value, BY_ITSELF);
	}
}

/* From the strongest to the weakest. */
static void
drop_items(struct css_style *s, bool important)
{
	size_t i;

	for (i = s->count; i-- > 0;) {
		struct css_item *item = &s->items[i];

		if (item->said->important == important)
			item->dropped = stamp(s, item->said->property,
			    item->said->value, item->by);
	}
}

/* A quote in an attribute in `quote`s: the other one does as well, where
 * the value has none. */
static void
put_quote(struct buf *out, char c, char quote, bool both)
{
	if (c != quote)
		buf_char(out, c);
	else if (!both)
		buf_char(out, c == '"' ? '\'' : '"');
	else
		buf_puts(out, c == '"' ? "&quot;" : "&#39;");
}

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A value of CSS, for HTML: marks as they are, blanks run together. */
static void
put_value(struct buf *out, struct str value, char quote)
{
	bool both = str_chr(value, quote == '"' ? '\'' : '"') != STR_NOWHERE;
	size_t i = 0, n;

	for (; i < value.n; i += n) {
		char c = value.p[i];

		n = c == '{' ? liquid_mark(str_from(value, i)) : 0;
		if (n > 0) {
			buf_str(out, str_sub(value, i, n));
			continue;
		}
		n = 1;
		if (c == '"' || c == '\'')
			put_quote(out, c, quote, both);
		else if (c == '&')
			buf_puts(out, "&amp;");
		else if (c == '<')
			buf_puts(out, "&lt;");
		else if (!blank(c))
			buf_char(out, c);
		else if (out->n > 0 && out->p[out->n - 1] != ' ')
			buf_char(out, ' ');
	}
}

static void
put_items(struct css_style *s, bool important, char quote, struct buf *out)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		const struct css_item *item = &s->items[i];

		if (item->dropped || item->said->important != important)
			continue;
		if (out->n > 0)
			buf_char(out, ';');
		buf_str(out, item->said->name);
		buf_char(out, ':');
		put_value(out, item->said->value, quote);
	}
}

void
css_style_make(struct css_style *s, const struct css_match *m, struct str own,
    char quote)
{
	size_t i;

	s->count = 0;
	s->element = m->elements;
	buf_reset(&s->before);
	buf_reset(&s->after);
	for (i = 0; i < m->found_count; i++)
		add_items(s, m->found[i]);
	stamp_own(s, own, true);
	drop_items(s, true);
	stamp_own(s, own, false);
	drop_items(s, false);
	put_items(s, false, quote, &s->before);
	put_items(s, true, quote, &s->after);
}
