/*
 * liquid_filters.h - the filters, a row each.
 *
 * A filter is a name, how many arguments it takes, and a function that
 * turns call->in into call->out.  Text that it makes comes from the render's
 * memory; what it looks at is charged as steps.  Inputs are shown as text
 * first where the filter works on text, arrays as they are inspected.
 *
 * Escaped stays escaped, and nothing else gets out as if it were.  A text is
 * `safe` when it is HTML already: what `escape`, `escape_once`, `raw` and
 * `newline_to_br` give, and what `capture` took (liquid.h).  Then
 *   - blanks may be taken from it, and letters changed to other letters;
 *   - texts that are joined (append, prepend, join, truncate's dots, what
 *     replace puts in) are safe when one of them is: the others get escaped
 *     as it is right behind the markup that stands before them, so that
 *     '<a href="' may be joined with a URL (html_context.h);
 *   - a part of it (slice, split, truncate, remove, strip_html ...) is safe
 *     only where no markup is left in it, no < > " ': cut markup could open
 *     what somebody's text then closes.  It is escaped again otherwise; who
 *     means it says `raw`;
 *   - all else gives text that is to be escaped.
 * Only programs that write HTML or derive text from it mark anything safe.
 */
#ifndef TEMPLATES_LIQUID_FILTERS_H
#define TEMPLATES_LIQUID_FILTERS_H

#include "templates/html/html_context.h"
#include "templates/liquid/liquid_run.h"

struct liquid_call {
	struct liquid_run *run;
	struct value in;
	const struct value *args; /* positional: argc of them */
	int argc;
	const struct str *keywords; /* keyword_count of them */
	const struct value *keyword_values;
	int keyword_count;
	struct value out;
};

/* False after liquid_run_fail. */
typedef bool liquid_filter_fn(struct liquid_call *call);

struct liquid_filter {
	const char *name;
	liquid_filter_fn *run;
	uint8_t min, max; /* positional arguments */
	bool keywords;    /* takes named ones */
};

const struct liquid_filter *liquid_filter_find(struct str name);

/* The value of a named argument; nil when it is not given. */
struct value liquid_call_keyword(const struct liquid_call *call,
    const char *name);
/* Argument i, nil when it is not given. */
struct value liquid_call_arg(const struct liquid_call *call, int i);
/* Argument i as a whole number, `otherwise` when it is not given.  Numbers
 * beyond 64 bits become the nearest that fits. */
bool liquid_call_integer(const struct liquid_call *call, int i,
    int64_t otherwise, int64_t *out) MUST_USE;

/* liquid_join.c: texts, and whether they are safe. */
bool liquid_marks_safe(const struct liquid_run *r);
/* A value as a text value; charged for its length. */
bool liquid_as_text(struct liquid_run *r, struct value v,
    struct value *text) MUST_USE;
bool liquid_has_markup(struct str s); /* any of < > " ' */
/* Bytes of a text that were taken out of it. */
struct value liquid_part(struct value of, struct str part);
/* Bytes that were made of a text letter by letter. */
struct value liquid_like(struct value of, struct str made);
bool liquid_join_two(struct liquid_run *r, struct value a, struct value b,
    struct value *out) MUST_USE;

/* Pieces that become one text, written behind the output. */
struct liquid_join {
	struct liquid_run *run;
	size_t mark;
	bool safe, own; /* what will be written is */
	bool started;
	struct html_context place; /* where the next piece stands, if safe */
};

/* Begins; every text that will be written is told first, in any order. */
void liquid_join_begin(struct liquid_join *j, struct liquid_run *r);
void liquid_join_expect(struct liquid_join *j, struct value text);
bool liquid_join_write(struct liquid_join *j, struct value text) MUST_USE;
bool liquid_join_end(struct liquid_join *j, struct value *out) MUST_USE;

/* Filters by file. */
liquid_filter_fn liquid_filter_append, liquid_filter_prepend,
    liquid_filter_strip, liquid_filter_lstrip, liquid_filter_rstrip,
    liquid_filter_squish, liquid_filter_strip_newlines; /* _string.c */
liquid_filter_fn liquid_filter_slice, liquid_filter_truncate,
    liquid_filter_truncatewords, liquid_filter_split; /* _cut.c */
liquid_filter_fn liquid_filter_replace, liquid_filter_replace_first,
    liquid_filter_replace_last, liquid_filter_remove,
    liquid_filter_remove_first, liquid_filter_remove_last; /* _replace.c */
liquid_filter_fn liquid_filter_upcase, liquid_filter_downcase,
    liquid_filter_capitalize; /* liquid_letters.c */
liquid_filter_fn liquid_filter_escape, liquid_filter_escape_once,
    liquid_filter_raw, liquid_filter_strip_html,
    liquid_filter_newline_to_br; /* _html.c */
liquid_filter_fn liquid_filter_url_encode, liquid_filter_url_decode,
    liquid_filter_base64_encode, liquid_filter_base64_decode,
    liquid_filter_base64_url_safe_encode,
    liquid_filter_base64_url_safe_decode; /* _url.c */
liquid_filter_fn liquid_filter_size, liquid_filter_first, liquid_filter_last,
    liquid_filter_join, liquid_filter_reverse, liquid_filter_concat,
    liquid_filter_compact, liquid_filter_uniq, liquid_filter_map,
    liquid_filter_sum; /* _array.c, _uniq.c */
liquid_filter_fn liquid_filter_where, liquid_filter_reject, liquid_filter_has,
    liquid_filter_find_item, liquid_filter_find_index;           /* _where.c */
liquid_filter_fn liquid_filter_sort, liquid_filter_sort_natural; /* _sort.c */
liquid_filter_fn liquid_filter_abs, liquid_filter_at_least,
    liquid_filter_at_most, liquid_filter_ceil, liquid_filter_divided_by,
    liquid_filter_floor, liquid_filter_minus, liquid_filter_modulo,
    liquid_filter_plus, liquid_filter_round,
    liquid_filter_times; /* liquid_math.c */
liquid_filter_fn liquid_filter_date,
    liquid_filter_in_timezone;        /* liquid_date.c */
liquid_filter_fn liquid_filter_money; /* liquid_money.c */
liquid_filter_fn liquid_filter_t;     /* liquid_translate.c */

#endif
