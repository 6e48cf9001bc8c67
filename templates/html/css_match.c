#include "templates/html/css_match.h"

#include "lib/base/mem.h"
#include "templates/html/css_inline.h"

/* What a selector is found by: a class or id before the element. */
static uint32_t
key_of(const struct css_selector *selector)
{
	const struct css_part *last = &selector->parts[selector->count - 1];

	return last->count > 0 ? last->names[last->count - 1] : last->element;
}

static void
index_rule(struct css_match *m, struct css_rule *rule)
{
	struct css_selector *selector;

	for (selector = rule->selectors; selector != NULL;
	     selector = selector->next) {
		struct css_selector **place = &m->index[key_of(selector)];

		selector->same = *place;
		*place = selector;
	}
}

void
css_match_init(struct css_match *m, struct css_sheet *s)
{
	uint32_t i;

	*m = (struct css_match){.sheet = s};
	m->index = NEW_ARRAY(struct css_selector *, s->names.count + 1);
	m->open = NEW_ARRAY(struct css_element, CSS_DEPTH_MAX);
	m->found = NEW_ARRAY(struct css_rule *, s->count + 1);
	for (i = 0; i < s->count; i++)
		index_rule(m, s->rules[i]);
}

void
css_match_release(struct css_match *m)
{
	free(m->index);
	free(m->open);
	free(m->found);
}

static bool
is_one_of(struct str name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (str_eq_nocase(name, str_of(*names)))
			return true;
	return false;
}

/* Which elements, when they are the innermost open ones, a start tag ends. */
static const struct {
	const char *starts[20], *ends[8];
} endings[] = {
    {{"li"}, {"p", "li"}},
    {{"dt", "dd"}, {"p", "dt", "dd"}},
    {{"option"}, {"option"}},
    {{"td", "th"}, {"p", "td", "th"}},
    {{"tr"}, {"p", "td", "th", "tr"}},
    {{"thead", "tbody", "tfoot"},
	{"p", "td", "th", "tr", "thead", "tbody", "tfoot"}},
    {{"p", "div", "table", "ul", "ol", "dl", "h1", "h2", "h3", "h4", "h5", "h6",
	 "blockquote", "hr", "pre", "section", "center"},
	{"p"}},
};

void
css_match_start(struct css_match *m, struct str tag)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(endings); i++)
		if (is_one_of(tag, endings[i].starts))
			while (m->depth > 0 && m->depth <= CSS_DEPTH_MAX &&
			       is_one_of(m->open[m->depth - 1].tag,
				   endings[i].ends))
				m->depth--;
}

void
css_match_open(struct css_match *m, const struct css_element *e)
{
	static const char *const empty[] = {"area", "base", "br", "col",
	    "embed", "hr", "img", "input", "link", "meta", "source", "track",
	    "wbr", NULL};

	if (is_one_of(e->tag, empty))
		return;
	if (m->depth < CSS_DEPTH_MAX)
		m->open[m->depth] = *e;
	m->depth++;
}

void
css_match_end(struct css_match *m, struct str tag)
{
	size_t i = m->depth;

	if (m->depth > CSS_DEPTH_MAX) {
		m->depth--;
		return;
	}
	while (i > 0 && !str_eq_nocase(m->open[i - 1].tag, tag))
		i--;
	if (i > 0)
		m->depth = i - 1;
}

static bool
has_name(const struct css_element *e, uint32_t name)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		if (e->names[i] == name)
			return true;
	return false;
}

static bool
is_part(const struct css_part *part, const struct css_element *e)
{
	size_t i;

	if (part->element != 0 && part->element != e->element)
		return false;
	for (i = 0; i < part->count; i++)
		if (!has_name(e, part->names[i]))
			return false;
	return true;
}

/* From the outermost element inwards: bit i of `reached` says that parts 0
 * to i were met, bit i of `here` that part i is the element just seen. */
static bool
is_inside(struct css_match *m, const struct css_selector *selector)
{
	size_t depth = m->depth < CSS_DEPTH_MAX ? m->depth : CSS_DEPTH_MAX;
	const struct css_part *parts = selector->parts;
	unsigned reached = 0, here = 0, next;
	size_t last = selector->count - 1, d, i;

	for (d = 0; d < depth && last > 0; d++) {
		next = 0;
		for (i = 0; i < last; i++) {
			unsigned before = parts[i].child ? here : reached;

			if ((i == 0 || (before >> (i - 1) & 1) != 0) &&
			    is_part(&parts[i], &m->open[d]))
				next |= 1U << i;
		}
		here = next;
		reached |= next;
		m->steps += (uint32_t)last;
	}
	return last == 0 ||
	       ((parts[last].child ? here : reached) >> (last - 1) & 1) != 0;
}

static void
note(struct css_match *m, const struct css_selector *selector)
{
	struct css_rule *rule = selector->rule;

	if (rule->element != m->elements) {
		rule->element = m->elements;
		rule->specificity = 0;
		m->found[m->found_count++] = rule;
		m->steps += (uint32_t)rule->count;
	}
	if (rule->specificity < selector->specificity)
		rule->specificity = selector->specificity;
}

static void
look_up(struct css_match *m, const struct css_element *e, uint32_t key,
    bool anywhere)
{
	struct css_selector *selector = key != 0 ? m->index[key] : NULL;

	for (; selector != NULL && m->steps < CSS_STEPS_MAX;
	     selector = selector->same) {
		m->steps++;
		if (is_part(&selector->parts[selector->count - 1], e) &&
		    (anywhere || is_inside(m, selector)))
			note(m, selector);
	}
}

static int
in_order(const void *a, const void *b)
{
	const struct css_rule *x = *(struct css_rule *const *)a;
	const struct css_rule *y = *(struct css_rule *const *)b;

	if (x->specificity != y->specificity)
		return x->specificity < y->specificity ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

bool
css_match_find(struct css_match *m, const struct css_element *e, bool anywhere)
{
	size_t i;

	m->elements++;
	m->found_count = 0;
	look_up(m, e, e->element, anywhere);
	for (i = 0; i < e->count; i++)
		look_up(m, e, e->names[i], anywhere);
	if (m->found_count > 1)
		qsort(m->found, m->found_count, sizeof(struct css_rule *),
		    in_order);
	return m->steps < CSS_STEPS_MAX;
}
