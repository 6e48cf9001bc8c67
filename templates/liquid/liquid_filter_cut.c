/*
 * liquid_filter_cut.c - filters that give parts of a text: slice, truncate,
 * truncatewords, split.
 */
#include "templates/liquid/code_point.h"
#include "templates/liquid/liquid_filters.h"

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* From `offset`, which counts from the end when negative: false when that is
 * outside; `length` becomes what there is. */
static bool
bounds(int64_t size, int64_t *offset, int64_t *length)
{
	if (*offset < 0)
		*offset += size;
	if (*offset < 0 || *offset > size || *length < 0)
		return false;
	if (*length > size - *offset)
		*length = size - *offset;
	return true;
}

static void
slice_array(struct liquid_call *c, int64_t offset, int64_t length)
{
	c->out = value_array(NULL, 0);
	if (bounds(c->in.n, &offset, &length) && length > 0)
		c->out = value_array(c->in.u.items + offset, (uint32_t)length);
}

static bool
slice_text(struct liquid_call *c, int64_t offset, int64_t length)
{
	struct value text;
	struct str s;
	size_t from;

	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	s = value_text(text);
	c->out = liquid_part(text, STR(""));
	if (!bounds((int64_t)code_point_count(s), &offset, &length))
		return true;
	from = code_point_offset(s, (size_t)offset);
	s = str_from(s, from);
	c->out = liquid_part(text,
	    str_sub(s, 0, code_point_offset(s, (size_t)length)));
	return true;
}

bool
liquid_filter_slice(struct liquid_call *c)
{
	struct value second = liquid_call_arg(c, 1);
	int64_t offset, length = 1;

	if (!liquid_call_integer(c, 0, 0, &offset) ||
	    (value_truthy(second) && !liquid_call_integer(c, 1, 1, &length)))
		return false;
	if (c->in.type != VALUE_ARRAY)
		return slice_text(c, offset, length);
	slice_array(c, offset, length);
	return true;
}

/* The dots, or what stands for them: argument 1. */
static bool
read_ending(struct liquid_call *c, struct value *out)
{
	return liquid_as_text(c->run,
	    c->argc > 1 ? c->args[1] : value_string(STR("...")), out);
}

bool
liquid_filter_truncate(struct liquid_call *c)
{
	struct value text, ending;
	int64_t length;
	size_t room, dots;
	struct str s;

	if (c->in.type == VALUE_NIL)
		return true;
	if (!liquid_as_text(c->run, c->in, &text) ||
	    !liquid_call_integer(c, 0, 50, &length) || !read_ending(c, &ending))
		return false;
	s = value_text(text);
	c->out = text;
	if (length >= (int64_t)s.n ||
	    (length >= 0 && code_point_offset(s, (size_t)length) == s.n))
		return true;
	room = length > 0 ? (size_t)length : 0;
	dots = code_point_count(value_text(ending));
	s.n = room > dots ? code_point_offset(s, room - dots) : 0;
	return liquid_join_two(c->run, liquid_part(text, s), ending, &c->out);
}

/* The first `count` words with one blank between them; false when no more
 * than that are there. */
static bool
first_words(char *to, size_t *written, struct str s, int64_t count)
{
	size_t i = 0, n = 0;

	for (; count > 0; count--) {
		while (i < s.n && blank(s.p[i]))
			i++;
		if (n > 0)
			to[n++] = ' ';
		while (i < s.n && !blank(s.p[i]))
			to[n++] = s.p[i++];
		if (i == s.n)
			return false;
	}
	*written = n;
	return true;
}

bool
liquid_filter_truncatewords(struct liquid_call *c)
{
	struct value text, ending;
	int64_t count;
	char *to;
	size_t n;

	if (c->in.type == VALUE_NIL)
		return true;
	if (!liquid_as_text(c->run, c->in, &text) ||
	    !liquid_call_integer(c, 0, 15, &count) || !read_ending(c, &ending))
		return false;
	to = liquid_run_alloc(c->run, (size_t)text.n + 1);
	if (to == NULL)
		return false;
	c->out = text;
	if (!first_words(to, &n, value_text(text), count > 0 ? count : 1))
		return true;
	return liquid_join_two(c->run, liquid_part(text, (struct str){to, n}),
	    ending, &c->out);
}

/* How a text is split: at blanks, between letters, or at a separator. */
struct split {
	struct str rest, separator;
	bool at_blanks;
};

static bool
next_word(struct split *x, struct str *piece)
{
	size_t n = 0;

	while (x->rest.n > 0 && blank(x->rest.p[0]))
		x->rest = str_from(x->rest, 1);
	while (n < x->rest.n && !blank(x->rest.p[n]))
		n++;
	*piece = str_sub(x->rest, 0, n);
	x->rest = str_from(x->rest, n);
	return n > 0;
}

static bool
next_piece(struct split *x, struct str *piece)
{
	size_t at;

	if (x->at_blanks)
		return next_word(x, piece);
	if (x->rest.n == 0)
		return false;
	at = x->separator.n > 0 ? str_find(x->rest, x->separator)
				: code_point_offset(x->rest, 1);
	*piece = str_sub(x->rest, 0, at);
	x->rest = str_from(x->rest, piece->n + x->separator.n);
	return true;
}

/* Counts the pieces up to the last one that is not empty, or writes that
 * many. */
static uint32_t
pieces(struct split x, struct value of, struct value *to, uint32_t count)
{
	uint32_t n = 0, last = 0;
	struct str piece;

	while ((to == NULL || n < count) && next_piece(&x, &piece)) {
		if (to != NULL)
			to[n] = liquid_part(of, piece);
		n++;
		if (piece.n > 0)
			last = n;
	}
	return last;
}

bool
liquid_filter_split(struct liquid_call *c)
{
	struct value text, separator, *items;
	struct split x;
	uint32_t n;

	if (!liquid_as_text(c->run, c->in, &text) ||
	    !liquid_as_text(c->run, c->args[0], &separator))
		return false;
	x = (struct split){value_text(text), value_text(separator), false};
	x.at_blanks = str_eq(x.separator, STR(" "));
	n = pieces(x, text, NULL, 0);
	items = liquid_run_alloc(c->run, n * sizeof(*items));
	if (items == NULL || !liquid_run_charge(c->run, n / 8))
		return false;
	pieces(x, text, items, n);
	c->out = value_array(items, n);
	return true;
}
