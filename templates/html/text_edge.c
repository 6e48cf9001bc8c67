#include "templates/html/text_edge.h"

#include "templates/html/html_scan.h"
#include "templates/html/text_element.h"
#include "templates/liquid/liquid_scan.h"

struct edges {
	struct text_edges found;
	enum gap want; /* asked for since the last word */
	bool begun;    /* there was a word */
};

static void
word(struct edges *e)
{
	if (!e->begun)
		e->found.before = e->want;
	e->begun = true;
	e->want = GAP_NONE;
}

static void
take(struct edges *e, const struct html_piece *piece)
{
	enum gap gap;

	switch (piece->kind) {
	case HTML_TAG:
		gap = text_effect_gap(text_effect_of(piece->tag.name));
		e->want = gap > e->want ? gap : e->want;
		break;
	case HTML_TEXT:
		if (str_trim(piece->bytes).n > 0)
			word(e);
		break;
	case HTML_MARK:
		if (text_flow_prints(piece->bytes))
			word(e);
		break;
	case HTML_RAW:
	case HTML_COMMENT:
	case HTML_END: break;
	}
}

struct text_edges
text_edges(struct str html)
{
	struct edges e = {.begun = false};
	struct html_scan scan;
	struct html_piece piece;

	html_scan_init(&scan, html);
	while (html_scan_next(&scan, &piece))
		if (!piece.conditional)
			take(&e, &piece);
	e.found.after = e.want;
	return e.found;
}

struct str
text_edges_snippet(struct str mark)
{
	struct liquid_scan scan;
	struct liquid_piece piece;
	struct str name;
	size_t end;

	liquid_scan_init(&scan, mark);
	liquid_scan_next(&scan, &piece);
	if (piece.kind != PIECE_TAG || (!str_eq(piece.name, STR("render")) &&
					   !str_eq(piece.name, STR("include"))))
		return STR_NONE;
	name = str_trim(piece.body);
	if (name.n == 0 || (name.p[0] != '"' && name.p[0] != '\''))
		return STR_NONE;
	end = str_chr(str_from(name, 1), name.p[0]);
	return end != STR_NOWHERE ? str_sub(name, 1, end) : STR_NONE;
}
