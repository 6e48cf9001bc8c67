/*
 * lint_balance.c - start and end tags that do not belong together.
 *
 * Where Liquid branches, each branch begins with what was open before it,
 * and what the last one leaves open counts behind it.
 */
#include "lib/base/mem.h"
#include "templates/lint_report.h"
#include "templates/liquid/liquid_scan.h"

#define OPEN_MAX   128 /* elements inside of each other */
#define BLOCKS_MAX 32  /* blocks of Liquid inside of each other */

struct elements {
	struct str tags[OPEN_MAX]; /* bytes of the start tag */
	struct str names[OPEN_MAX];
	int count;
};

struct lint_balance {
	struct lint *lint;
	struct elements open, before[BLOCKS_MAX];
	int blocks;
	bool lost; /* deeper than is followed, or snippets open and close */
};

static bool
has_no_end(struct str name)
{
	static const char *const names[] = {"area", "base", "br", "col",
	    "embed", "hr", "img", "input", "link", "meta", "param", "source",
	    "track", "wbr"};

	return str_is_any(name, names, ARRAY_LEN(names));
}

static bool
may_stay_open(struct str name)
{
	static const char *const names[] = {"html", "head", "body", "p", "li",
	    "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup",
	    "caption", "option", "optgroup"};

	return str_is_any(name, names, ARRAY_LEN(names));
}

struct lint_balance *
lint_balance_new(struct lint *l)
{
	struct lint_balance *b = NEW(struct lint_balance);
	struct liquid_scan scan;
	struct liquid_piece piece;

	b->lint = l;
	liquid_scan_init(&scan, l->source);
	do {
		liquid_scan_next(&scan, &piece);
		if (piece.kind == PIECE_TAG &&
		    (str_eq(piece.name, STR("render")) ||
			str_eq(piece.name, STR("include"))))
			b->lost = true;
	} while (piece.kind != PIECE_END && piece.kind != PIECE_OPEN);
	return b;
}

static void
warn_unclosed(struct lint_balance *b, int i)
{
	if (!b->lost && !may_stay_open(b->open.names[i]))
		lint_warn(b->lint, "unclosed-tag", b->open.tags[i],
		    "<%.*s> is not closed", STR_ARG(b->open.names[i]));
}

static void
close_element(struct lint_balance *b, const struct html_piece *piece)
{
	struct str name = piece->tag.name;
	int i = b->open.count - 1;

	while (i >= 0 && !str_eq_nocase(b->open.names[i], name))
		i--;
	if (i < 0) {
		if (!b->lost && !may_stay_open(name) && !has_no_end(name))
			lint_warn(b->lint, "stray-tag", piece->bytes,
			    "</%.*s> closes nothing", STR_ARG(name));
		return;
	}
	while (--b->open.count > i)
		warn_unclosed(b, b->open.count);
}

void
lint_balance_tag(struct lint_balance *b, const struct html_piece *piece)
{
	struct str name = piece->tag.name;

	if (piece->conditional || str_chr(name, ':') != STR_NOWHERE ||
	    str_chr(name, '{') != STR_NOWHERE || name.n > 40)
		return;
	if (piece->tag.closes) {
		close_element(b, piece);
	} else if (!has_no_end(name)) {
		if (b->open.count == OPEN_MAX) {
			b->lost = true;
			return;
		}
		b->open.tags[b->open.count] = piece->bytes;
		b->open.names[b->open.count++] = name;
	}
}

void
lint_balance_mark(struct lint_balance *b, struct str mark)
{
	enum liquid_mark_kind kind = liquid_mark_kind(mark);

	if (kind == MARK_OPENS) {
		if (b->blocks < BLOCKS_MAX)
			b->before[b->blocks] = b->open;
		b->lost = b->lost || b->blocks >= BLOCKS_MAX;
		b->blocks++;
	} else if (b->blocks == 0 || b->lost) {
		return;
	} else if (kind == MARK_BRANCHES) {
		b->open = b->before[b->blocks - 1];
	} else if (kind == MARK_CLOSES) {
		b->blocks--;
	}
}

void
lint_balance_end(struct lint_balance *b)
{
	int i;

	for (i = 0; i < b->open.count; i++)
		warn_unclosed(b, i);
	free(b);
}
