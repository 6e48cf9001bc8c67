/*
 * lint_report.h - the inside of lint: who looks, and how it is told.
 */
#ifndef TEMPLATES_LINT_REPORT_H
#define TEMPLATES_LINT_REPORT_H

#include "templates/html/html_scan.h"
#include "templates/lint.h"

struct lint {
	lint_fn *fn;
	void *arg;
	int count;
	const char *part;
	struct str source;   /* what is looked at */
	struct str original; /* Markdown that it was made from, if any */
};

/* `where` lies in the source; empty: the part as a whole. */
void lint_warn(struct lint *l, const char *rule, struct str where,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* lint_html.c: the source as HTML; `outermost`: no layout is around it. */
void lint_html(struct lint *l, bool outermost);

/* lint_link.c */
void lint_link(struct lint *l, struct str url);
void lint_image_url(struct lint *l, struct str url);

/* lint_style.c: whether a style attribute hides an element with all that it
 * holds, or only the text right in it. */
enum lint_hiding { HIDES_NOTHING = 0, HIDES_TEXT, HIDES_ALL };
enum lint_hiding lint_style_hides(struct str style);

/* lint_balance.c: elements that are open, along the branches of Liquid. */
struct lint_balance;
struct lint_balance *lint_balance_new(struct lint *l);
void lint_balance_tag(struct lint_balance *b, const struct html_piece *piece);
void lint_balance_mark(struct lint_balance *b, struct str mark);
void lint_balance_end(struct lint_balance *b); /* warns, frees */

#endif
