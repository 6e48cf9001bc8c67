#include "templates/html/css_sheet.h"

#include "lib/base/mem.h"
#include "templates/html/css_inline.h"
#include "templates/html/css_mark.h"
#include "templates/liquid/liquid_scan.h"

#define RULES_FIRST 64

void
css_sheet_init(struct css_sheet *s, struct arena *a)
{
	*s = (struct css_sheet){.arena = a};
}

void
css_sheet_release(struct css_sheet *s)
{
	css_names_release(&s->names);
	free(s->rules);
	s->rules = NULL;
}

void *
css_sheet_alloc(struct css_sheet *s, size_t size)
{
	void *p = arena_try(s->arena, size);

	if (p != NULL)
		memset(p, 0, size);
	else
		s->full = true;
	return p;
}

/* All of a rule's declarations, or false: one of them is not understood. */
static bool
read_declarations(struct css_sheet *s, struct css_rule *rule, struct str text)
{
	struct css_declaration d;
	struct str rest = text;
	size_t n = 0;

	if (css_has_tag(text) || css_find(text, "{}") < text.n)
		return false;
	for (; css_declaration_next(&rest, &d); n++)
		if (d.name.n == 0)
			return false;
	rule->declarations = css_sheet_alloc(s, n * sizeof(d) + 1);
	if (n == 0 || rule->declarations == NULL)
		return false;
	while (css_declaration_next(&text, &d)) {
		d.property = css_names_add(&s->names, CSS_PROPERTY, d.name);
		rule->declarations[rule->count++] = d;
	}
	return true;
}

static bool
speaks_names(const struct css_selector *selector)
{
	size_t i;

	for (i = 0; i < selector->count; i++)
		if (selector->parts[i].count > 0)
			return true;
	return false;
}

/* Whoever is not understood in the list keeps the rule in <style>. */
static void
read_selectors(struct css_sheet *s, struct css_rule *rule, struct str list)
{
	struct css_selector *selector;
	struct str text;

	do {
		text = str_sub(list, 0, css_find(list, ","));
		list = str_from(list, text.n + 1);
		selector = css_selector_read(s, text);
		if (selector == NULL) {
			rule->needed = true;
			continue;
		}
		selector->rule = rule;
		selector->next = rule->selectors;
		rule->selectors = selector;
		rule->speaks_names |= speaks_names(selector);
	} while (list.n > 0);
}

static void
keep_rule(struct css_sheet *s, struct css_block *block, struct css_rule *rule)
{
	if (s->count == CSS_RULES_MAX) {
		s->full = true;
		return;
	}
	if (s->count == s->cap) {
		s->cap = s->cap > 0 ? 2 * s->cap : RULES_FIRST;
		s->rules =
		    mem_grow(s->rules, s->cap, sizeof(struct css_rule *));
	}
	rule->order = s->count;
	s->rules[s->count++] = rule;
	block->count++;
}

/* `whole` is "selectors { declarations }". */
static bool
read_rule(struct css_sheet *s, struct css_block *block, struct str whole)
{
	size_t open = css_find(whole, "{");
	struct str list = css_trim(str_sub(whole, 0, open)), inside;
	struct css_rule *rule;

	inside = str_from(whole, open + 1);
	inside.n = css_find(inside, "}");
	if (open + 1 + inside.n >= whole.n) /* nothing closes it */
		return false;
	rule = css_sheet_alloc(s, sizeof(*rule));
	if (rule == NULL || !read_declarations(s, rule, inside))
		return false;
	rule->whole = whole;
	read_selectors(s, rule, list);
	if (rule->selectors == NULL)
		return false;
	keep_rule(s, block, rule);
	return true;
}

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What stands between rules: blanks, comments, marks, <!-- and -->. */
static size_t
between_length(struct str s)
{
	size_t n;

	if (blank(s.p[0]))
		return 1;
	if (str_starts(s, STR("<!--")))
		return 4;
	if (str_starts(s, STR("-->")))
		return 3;
	n = liquid_mark(s);
	return n > 0 || !str_starts(s, STR("/*")) ? n : css_token(s);
}

/* A rule or an at-rule, its end included; blanks before it are at `from`. */
static size_t
statement_length(struct str s)
{
	size_t n = css_find(s, s.p[0] == '@' ? ";{}" : "{}");

	if (n < s.n && s.p[n] == '{')
		n += 1 + css_find(str_from(s, n + 1), "}");
	return n < s.n ? n + 1 : s.n;
}

static void
read_block(struct css_sheet *s, struct css_block *block)
{
	struct str rest = block->text;
	size_t n, blanks = 0;
	int depth = 0;

	while (rest.n > 0 && !s->full) {
		n = between_length(rest);
		if (n > 0) {
			depth += css_mark_depth(str_sub(rest, 0, n));
			blanks = blank(rest.p[0]) ? blanks + n : 0;
			block->other |= liquid_mark(rest) > 0;
			rest = str_from(rest, n);
			continue;
		}
		n = statement_length(rest);
		if (rest.p[0] == '@' || depth != 0 ||
		    !read_rule(s, block, str_sub(rest, 0, n)))
			block->other = true;
		else if (s->count > 0) /* they go with it */
			s->rules[s->count - 1]->whole =
			    (struct str){rest.p - blanks, n + blanks};
		blanks = 0;
		rest = str_from(rest, n);
	}
}

void
css_sheet_add(struct css_sheet *s, struct str whole, struct str text)
{
	struct css_block *block = css_sheet_alloc(s, sizeof(*block));

	s->bytes += text.n;
	if (block == NULL || s->bytes > CSS_BYTES_MAX) {
		s->full = true;
		return;
	}
	*block = (struct css_block){
	    .whole = whole,
	    .text = text,
	    .first = s->count,
	    .next = s->blocks,
	};
	s->blocks = block;
	read_block(s, block);
}
