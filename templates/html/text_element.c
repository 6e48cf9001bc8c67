#include "templates/html/text_element.h"

#define NAME_MAX 10 /* letters of the longest name in the table */

static const struct {
	struct str name;
	enum text_effect effect;
} elements[] = {
    {STR("a"), TEXT_LINK},
    {STR("address"), TEXT_LINE},
    {STR("article"), TEXT_LINE},
    {STR("blockquote"), TEXT_PARAGRAPH},
    {STR("br"), TEXT_BREAK},
    {STR("center"), TEXT_LINE},
    {STR("dd"), TEXT_LINE},
    {STR("div"), TEXT_LINE},
    {STR("dl"), TEXT_PARAGRAPH},
    {STR("dt"), TEXT_LINE},
    {STR("footer"), TEXT_LINE},
    {STR("h1"), TEXT_PARAGRAPH},
    {STR("h2"), TEXT_PARAGRAPH},
    {STR("h3"), TEXT_PARAGRAPH},
    {STR("h4"), TEXT_PARAGRAPH},
    {STR("h5"), TEXT_PARAGRAPH},
    {STR("h6"), TEXT_PARAGRAPH},
    {STR("header"), TEXT_LINE},
    {STR("hr"), TEXT_RULE},
    {STR("img"), TEXT_IMAGE},
    {STR("li"), TEXT_ITEM},
    {STR("main"), TEXT_LINE},
    {STR("ol"), TEXT_LIST},
    {STR("p"), TEXT_PARAGRAPH},
    {STR("pre"), TEXT_PRE},
    {STR("section"), TEXT_LINE},
    {STR("table"), TEXT_LINE},
    {STR("td"), TEXT_CELL},
    {STR("th"), TEXT_CELL},
    {STR("tr"), TEXT_LINE},
    {STR("ul"), TEXT_LIST},
};

/* The table is sorted. */
enum text_effect
text_effect_of(struct str name)
{
	char lower[NAME_MAX];
	size_t i, low = 0, high = ARRAY_LEN(elements);
	int order;

	if (name.n > NAME_MAX)
		return TEXT_INLINE;
	for (i = 0; i < name.n; i++)
		lower[i] = str_lower_char(name.p[i]);
	while (low < high) {
		i = (low + high) / 2;
		order = str_cmp((struct str){lower, name.n}, elements[i].name);
		if (order == 0)
			return elements[i].effect;
		if (order < 0)
			high = i;
		else
			low = i + 1;
	}
	return TEXT_INLINE;
}

enum gap
text_effect_gap(enum text_effect effect)
{
	switch (effect) {
	case TEXT_LINE:
	case TEXT_BREAK:
	case TEXT_ITEM: return GAP_LINE;
	case TEXT_PARAGRAPH:
	case TEXT_RULE:
	case TEXT_LIST:
	case TEXT_PRE: return GAP_PARAGRAPH;
	case TEXT_CELL: return GAP_BLANK;
	case TEXT_INLINE:
	case TEXT_LINK:
	case TEXT_IMAGE: break;
	}
	return GAP_NONE;
}
