/*
 * liquid_filters.h - the filters, a row each.
 *
 * A filter is a name, how many arguments it takes, and a function that
 * turns call->in into call->out.  Text that it makes comes from the render's
 * memory.  Inputs are shown as text first where the filter works on text.
 */
#ifndef TEMPLATES_LIQUID_FILTERS_H
#define TEMPLATES_LIQUID_FILTERS_H

#include "templates/liquid_run.h"

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

/* Filters by file. */
liquid_filter_fn liquid_filter_upcase, liquid_filter_downcase,
    liquid_filter_capitalize;        /* liquid_letters.c */
liquid_filter_fn liquid_filter_date; /* liquid_date.c */
liquid_filter_fn liquid_filter_plus, liquid_filter_minus, liquid_filter_times,
    liquid_filter_divided_by, liquid_filter_modulo, liquid_filter_abs,
    liquid_filter_ceil, liquid_filter_floor, liquid_filter_round,
    liquid_filter_at_least, liquid_filter_at_most; /* liquid_math.c */

#endif
