#include "templates/liquid/liquid_filters.h"

struct value
liquid_call_keyword(const struct liquid_call *call, const char *name)
{
	int i;

	for (i = call->keyword_count - 1; i >= 0; i--)
		if (str_eq(call->keywords[i], str_of(name)))
			return call->keyword_values[i];
	return value_nil();
}

struct value
liquid_call_arg(const struct liquid_call *call, int i)
{
	return i < call->argc ? call->args[i] : value_nil();
}

bool
liquid_call_integer(const struct liquid_call *call, int i, int64_t otherwise,
    int64_t *out)
{
	*out = otherwise;
	return i >= call->argc || liquid_integer(call->run, call->args[i], out);
}

/* nil, false and what has no content give way; `allow_false` keeps false. */
static bool
filter_default(struct liquid_call *c)
{
	bool keeps_false = c->in.type == VALUE_BOOL &&
			   value_truthy(liquid_call_keyword(c, "allow_false"));

	c->out = c->in;
	if (!keeps_false &&
	    (!value_truthy(c->in) || !liquid_has_content(c->in)))
		c->out = c->argc > 0 ? c->args[0] : value_string(STR(""));
	return true;
}

/* By name. */
static const struct liquid_filter filters[] = {
    {"abs", liquid_filter_abs, 0, 0, false},
    {"append", liquid_filter_append, 1, 1, false},
    {"at_least", liquid_filter_at_least, 1, 1, false},
    {"at_most", liquid_filter_at_most, 1, 1, false},
    {"base64_decode", liquid_filter_base64_decode, 0, 0, false},
    {"base64_encode", liquid_filter_base64_encode, 0, 0, false},
    {"base64_url_safe_decode", liquid_filter_base64_url_safe_decode, 0, 0,
	false},
    {"base64_url_safe_encode", liquid_filter_base64_url_safe_encode, 0, 0,
	false},
    {"capitalize", liquid_filter_capitalize, 0, 0, false},
    {"ceil", liquid_filter_ceil, 0, 0, false},
    {"compact", liquid_filter_compact, 0, 1, false},
    {"concat", liquid_filter_concat, 1, 1, false},
    {"date", liquid_filter_date, 1, 1, false},
    {"default", filter_default, 0, 1, true},
    {"divided_by", liquid_filter_divided_by, 1, 1, false},
    {"downcase", liquid_filter_downcase, 0, 0, false},
    {"escape", liquid_filter_escape, 0, 0, false},
    {"escape_once", liquid_filter_escape_once, 0, 0, false},
    {"find", liquid_filter_find_item, 1, 2, false},
    {"find_index", liquid_filter_find_index, 1, 2, false},
    {"first", liquid_filter_first, 0, 0, false},
    {"floor", liquid_filter_floor, 0, 0, false},
    {"h", liquid_filter_escape, 0, 0, false},
    {"has", liquid_filter_has, 1, 2, false},
    {"in_timezone", liquid_filter_in_timezone, 1, 1, false},
    {"join", liquid_filter_join, 0, 1, false},
    {"last", liquid_filter_last, 0, 0, false},
    {"lstrip", liquid_filter_lstrip, 0, 0, false},
    {"map", liquid_filter_map, 1, 1, false},
    {"minus", liquid_filter_minus, 1, 1, false},
    {"modulo", liquid_filter_modulo, 1, 1, false},
    {"money", liquid_filter_money, 1, 1, true},
    {"newline_to_br", liquid_filter_newline_to_br, 0, 0, false},
    {"plus", liquid_filter_plus, 1, 1, false},
    {"prepend", liquid_filter_prepend, 1, 1, false},
    {"raw", liquid_filter_raw, 0, 0, false},
    {"reject", liquid_filter_reject, 1, 2, false},
    {"remove", liquid_filter_remove, 1, 1, false},
    {"remove_first", liquid_filter_remove_first, 1, 1, false},
    {"remove_last", liquid_filter_remove_last, 1, 1, false},
    {"replace", liquid_filter_replace, 1, 2, false},
    {"replace_first", liquid_filter_replace_first, 1, 2, false},
    {"replace_last", liquid_filter_replace_last, 2, 2, false},
    {"reverse", liquid_filter_reverse, 0, 0, false},
    {"round", liquid_filter_round, 0, 1, false},
    {"rstrip", liquid_filter_rstrip, 0, 0, false},
    {"size", liquid_filter_size, 0, 0, false},
    {"slice", liquid_filter_slice, 1, 2, false},
    {"sort", liquid_filter_sort, 0, 1, false},
    {"sort_natural", liquid_filter_sort_natural, 0, 1, false},
    {"split", liquid_filter_split, 1, 1, false},
    {"squish", liquid_filter_squish, 0, 0, false},
    {"strip", liquid_filter_strip, 0, 0, false},
    {"strip_html", liquid_filter_strip_html, 0, 0, false},
    {"strip_newlines", liquid_filter_strip_newlines, 0, 0, false},
    {"sum", liquid_filter_sum, 0, 1, false},
    {"t", liquid_filter_t, 0, 0, true},
    {"times", liquid_filter_times, 1, 1, false},
    {"truncate", liquid_filter_truncate, 0, 2, false},
    {"truncatewords", liquid_filter_truncatewords, 0, 2, false},
    {"uniq", liquid_filter_uniq, 0, 1, false},
    {"upcase", liquid_filter_upcase, 0, 0, false},
    {"url_decode", liquid_filter_url_decode, 0, 0, false},
    {"url_encode", liquid_filter_url_encode, 0, 0, false},
    {"where", liquid_filter_where, 1, 2, false},
};

const struct liquid_filter *
liquid_filter_find(struct str name)
{
	size_t low = 0, high = ARRAY_LEN(filters), middle;
	int order;

	while (low < high) {
		middle = (low + high) / 2;
		order = str_cmp(name, str_of(filters[middle].name));
		if (order == 0)
			return &filters[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
