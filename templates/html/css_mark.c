#include "templates/html/css_mark.h"

#include "templates/liquid/liquid_scan.h"

int
css_mark_depth(struct str mark)
{
	enum liquid_mark_kind kind = liquid_mark_kind(mark);

	return (kind == MARK_OPENS) - (kind == MARK_CLOSES);
}

int
css_mark_depths(struct str text)
{
	int depth = 0;
	size_t n;

	while (text.n > 0) {
		n = text.p[0] == '{' ? liquid_mark(text) : 0;
		depth += css_mark_depth(str_sub(text, 0, n));
		text = str_from(text, n > 0 ? n : 1);
	}
	return depth;
}

bool
css_mark_prints_elements(struct str mark)
{
	static const char *const tags[] = {"render", "include", "raw",
	    "capture"};
	struct liquid_piece piece;
	struct liquid_scan scan;

	liquid_scan_init(&scan, mark);
	liquid_scan_next(&scan, &piece);
	if (piece.kind == PIECE_TAG &&
	    str_is_any(piece.name, tags, ARRAY_LEN(tags)))
		return true;
	/* as a filter; elsewhere the word does no harm */
	return str_find(piece.body, STR("raw")) != STR_NOWHERE;
}
