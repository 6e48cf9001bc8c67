/*
 * liquid_loop.c - loops, while they run: items are sliced first, then
 * reversed.
 */
#include "templates/liquid/liquid_run.h"

#include <inttypes.h>
#include <stdarg.h>

struct member {
	struct str name;
	struct value value;
};

static struct value
find_member(const struct member *members, size_t n, struct str key)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(members[i].name, key))
			return members[i].value;
	return value_nil();
}

static struct value
forloop_member(const struct value_drop *drop, struct str key)
{
	const struct liquid_loop *l = (const struct liquid_loop *)drop;
	const struct member members[] = {
	    {STR("index"), value_int(l->index + 1)},
	    {STR("index0"), value_int(l->index)},
	    {STR("first"), value_bool(l->index == 0)},
	    {STR("last"), value_bool(l->index == l->length - 1)},
	    {STR("length"), value_int(l->length)},
	    {STR("rindex"), value_int(l->length - l->index)},
	    {STR("rindex0"), value_int(l->length - l->index - 1)},
	    {STR("name"), value_string(l->code->title)},
	    {STR("parentloop"), l->outer != NULL
				    ? (struct value){.type = VALUE_DROP,
					  .u.drop = &l->outer->drop}
				    : value_nil()},
	};

	return find_member(members, ARRAY_LEN(members), key);
}

static struct value
tablerow_member(const struct value_drop *drop, struct str key)
{
	const struct liquid_loop *l = (const struct liquid_loop *)drop;
	const struct member members[] = {
	    {STR("col"), value_int(l->col)},
	    {STR("col0"), value_int(l->col - 1)},
	    {STR("row"), value_int(l->row)},
	    {STR("col_first"), value_bool(l->col == 1)},
	    {STR("col_last"), value_bool(l->col == l->cols)},
	};
	struct value v = find_member(members, ARRAY_LEN(members), key);

	if (v.type != VALUE_NIL || str_eq(key, STR("name")) ||
	    str_eq(key, STR("parentloop")))
		return v;
	return forloop_member(drop, key);
}

/* A text is one item, whatever limit and offset say. */
static bool
string_as_items(struct liquid_run *r, struct value *items)
{
	struct value *one;

	if (items->n == 0) {
		*items = value_array(NULL, 0);
		return true;
	}
	one = liquid_run_alloc(r, sizeof(*one));
	if (one == NULL)
		return false;
	*one = *items;
	*items = value_array(one, 1);
	return true;
}

static struct value
pop_if(struct liquid_run *r, bool there)
{
	return there ? r->stack[--r->top] : value_nil();
}

/* An attribute as a number.  Those of a table are read as text is: nothing
 * is 0, and so is what begins with no digits. */
static bool
number(struct liquid_run *r, const struct liquid_loop *l, struct value v,
    int64_t *out)
{
	if (l->code->kind == LOOP_FOR)
		return liquid_integer(r, v, out);
	if (v.type != VALUE_FLOAT)
		return liquid_bound(r, v, out);
	*out = v.u.real > -9e18 && v.u.real < 9e18 ? (int64_t)v.u.real : 0;
	return true;
}

/* Which part of `count` items: the first is l->first, l->length of them. */
static void
slice(struct liquid_loop *l, int64_t first, int64_t length)
{
	int64_t count = liquid_item_count(l->items);

	if (first < 0) { /* as the reference: it shortens the limit */
		if (length != INT64_MAX)
			length = length > -first ? length + first : 0;
		first = 0;
	}
	l->first = first < count ? first : count;
	l->length = count - l->first;
	if (length < l->length)
		l->length = length > 0 ? length : 0;
}

/* Of a `for` nil is as if the attribute were not there. */
static bool
given(const struct liquid_loop *l, enum liquid_loop_attribute which,
    struct value v)
{
	return l->code->has[which] &&
	       (v.type != VALUE_NIL || l->code->kind == LOOP_TABLEROW);
}

/* An include goes through arrays, a render also through the rest that has
 * items; all else is one value. */
static void
snippet_items(struct liquid_loop *l)
{
	enum value_type type = l->items.type;

	l->single = type != VALUE_ARRAY &&
		    (l->code->kind == LOOP_INCLUDE ||
			(type != VALUE_OBJECT && type != VALUE_RANGE));
	l->first = 0;
	l->length = l->single ? 1 : liquid_item_count(l->items);
}

static bool
slice_items(struct liquid_run *r, struct liquid_loop *l, struct value offset,
    struct value limit)
{
	struct value *cursor = &r->variables[l->code->cursor].value;
	bool whole = l->items.type == VALUE_STRING;
	int64_t first = 0, length = INT64_MAX;

	if (l->code->goes_on)
		first = cursor->type == VALUE_INT ? cursor->u.integer : 0;
	else if (given(l, LOOP_OFFSET, offset) && !number(r, l, offset, &first))
		return false;
	if (given(l, LOOP_LIMIT, limit) && !number(r, l, limit, &length))
		return false;
	if (whole && !string_as_items(r, &l->items))
		return false;
	slice(l, whole ? 0 : first, whole ? INT64_MAX : length);
	if (l->code->kind == LOOP_FOR)
		*cursor = value_int(l->first + l->length);
	return true;
}

/* What the loop takes from the stack. */
static bool
take(struct liquid_run *r, struct liquid_loop *l)
{
	const bool *has = l->code->has;
	struct value cols = pop_if(r, has[LOOP_COLS]);
	struct value offset = pop_if(r, has[LOOP_OFFSET]);
	struct value limit = pop_if(r, has[LOOP_LIMIT]);

	l->items = r->stack[--r->top];
	l->single = false;
	if (l->code->kind == LOOP_INCLUDE || l->code->kind == LOOP_RENDER) {
		snippet_items(l);
		return true;
	}
	if (l->code->kind == LOOP_TABLEROW && !value_truthy(l->items)) {
		l->length = 0;
		return true;
	}
	if (!slice_items(r, l, offset, limit))
		return false;
	l->cols = l->length;
	return !given(l, LOOP_COLS, cols) || number(r, l, cols, &l->cols);
}

/* A piece of a table.  In a header it must not break the line, and in text
 * that is derived from HTML a cell ends in a blank, a row in a line end. */
static bool tag(struct liquid_run *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static bool
tag(struct liquid_run *r, const char *fmt, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r->program->escape == LIQUID_HEADER)
		return liquid_write_escaped(r, str_of(text), LIQUID_HEADER);
	if (r->program->escape != LIQUID_DERIVED)
		return liquid_run_write(r, text, strlen(text));
	if (strstr(text, "</tr>") != NULL)
		return liquid_run_write(r, "\n", 1);
	return liquid_run_write(r, " ", strstr(text, "</td>") != NULL);
}

static bool
cell_begin(struct liquid_run *r, struct liquid_loop *l)
{
	if (l->code->kind != LOOP_TABLEROW)
		return true;
	l->col = l->index == 0 || l->col == l->cols ? 1 : l->col + 1;
	return tag(r, "<td class=\"col%" PRIi64 "\">", l->col);
}

static bool
cell_end(struct liquid_run *r, struct liquid_loop *l)
{
	if (!tag(r, "</td>"))
		return false;
	if (l->col != l->cols || l->index == l->length - 1)
		return true;
	l->row++;
	return tag(r, "</tr>\n<tr class=\"row%" PRIi64 "\">", l->row);
}

static bool
bind_item(struct liquid_run *r, struct liquid_loop *l)
{
	struct liquid_variable *v = &r->variables[l->code->variable];
	int64_t at = l->code->reversed ? l->length - 1 - l->index : l->index;

	v->known = true;
	if (l->single)
		v->value = l->items;
	else if (!liquid_item(r, l->items, l->first + at, &v->value))
		return false;
	return cell_begin(r, l);
}

static const struct value_drop forloop = {
    forloop_member,
    "Liquid::ForloopDrop",
};
static const struct value_drop tablerowloop = {
    tablerow_member,
    "Liquid::TablerowloopDrop",
};

static bool
begin(struct liquid_run *r, struct liquid_loop *l)
{
	const struct liquid_for *code = l->code;

	l->drop = code->kind == LOOP_TABLEROW ? tablerowloop : forloop;
	l->outer = code->parent != LIQUID_NONE ? &r->loops[code->parent] : NULL;
	l->index = 0;
	l->row = 1;
	l->top = r->top;
	r->depth++;
	if (code->forloop != LIQUID_NONE)
		r->variables[code->forloop] = (struct liquid_variable){
		    .value = l->single ? value_nil()
				       : (struct value){.type = VALUE_DROP,
					     .u.drop = &l->drop},
		    .known = true,
		};
	return bind_item(r, l);
}

bool
liquid_loop_begin(struct liquid_run *r, const struct liquid_for *code)
{
	struct liquid_loop *l = &r->loops[r->depth];
	bool table;

	l->code = code;
	if (!take(r, l))
		return false;
	table = code->kind == LOOP_TABLEROW && value_truthy(l->items);
	if (table && !tag(r, "<tr class=\"row1\">\n"))
		return false;
	if (l->length > 0)
		return begin(r, l);
	r->pc = code->otherwise;
	return !table || tag(r, "</tr>\n");
}

bool
liquid_loop_next(struct liquid_run *r)
{
	struct liquid_loop *l = &r->loops[r->depth - 1];

	if (l->code->kind == LOOP_TABLEROW && !cell_end(r, l))
		return false;
	if (++l->index < l->length) {
		r->pc = l->code->body;
		return bind_item(r, l);
	}
	r->pc = l->code->end;
	r->depth--;
	return l->code->kind != LOOP_TABLEROW || tag(r, "</tr>\n");
}

/* By `break`, or because an outer loop is left. */
bool
liquid_loop_end(struct liquid_run *r)
{
	struct liquid_loop *l = &r->loops[--r->depth];

	r->top = l->top;
	return l->code->kind != LOOP_TABLEROW || tag(r, "</td></tr>\n");
}
