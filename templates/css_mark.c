#include "templates/css_mark.h"

#include "templates/liquid_scan.h"

/* `whole`: the mark is a block, as {% comment %}...{% endcomment %}. */
static struct liquid_piece
piece_of(struct str mark, bool *whole)
{
	struct liquid_piece piece;
	struct liquid_scan scan;

	liquid_scan_init(&scan, mark);
	liquid_scan_next(&scan, &piece);
	*whole = scan.p != mark.p + mark.n;
	return piece;
}

static bool
is_one_of(struct str name, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(name, str_of(names[i])))
			return true;
	return false;
}

int
css_mark_depth(struct str mark)
{
	static const char *const blocks[] = {"if", "unless", "case", "for",
	    "capture", "tablerow", "ifchanged", "doc"};
	struct liquid_piece piece;
	bool whole;

	if (!str_starts(mark, STR("{%")))
		return 0;
	piece = piece_of(mark, &whole);
	if (piece.kind != PIECE_TAG || whole)
		return 0;
	if (is_one_of(piece.name, blocks, ARRAY_LEN(blocks)))
		return 1;
	return str_starts(piece.name, STR("end")) ? -1 : 0;
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
	bool whole;
	struct liquid_piece piece = piece_of(mark, &whole);

	if (piece.kind == PIECE_TAG &&
	    is_one_of(piece.name, tags, ARRAY_LEN(tags)))
		return true;
	/* as a filter; elsewhere the word does no harm */
	return str_find(piece.body, STR("raw")) != STR_NOWHERE;
}
