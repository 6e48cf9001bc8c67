/*
 * liquid_expression.c - expressions to operations.
 *
 *   output    = [ value *( "|" filter ) ]
 *   filter    = name [ ":" [ argument *( "," argument ) [ "," ] ] ]
 *   argument  = [ name ":" ] value
 *   condition = operand [ ( "and" / "or" ) condition ]   ; binds to the right
 *   operand   = compared [ compare compared ]
 *   compared  = "empty" / "blank" / value
 *   value     = string / number / word / path / range
 *   path      = ( name / "[" value "]" ) *( "." name / "[" value "]" )
 *   range     = "(" value ".." value ")"
 */
#include "templates/liquid/liquid_compiler.h"
#include "templates/liquid/liquid_filters.h"
#include "templates/liquid/value_number.h"

#include <errno.h>

static bool
deeper(struct liquid_compiler *c)
{
	if (++c->depth > LIQUID_DEPTH_MAX)
		return liquid_compile_fail(c, c->lexer.at,
		    "nested deeper than %d", LIQUID_DEPTH_MAX);
	return true;
}

static void
push(struct liquid_compiler *c, struct value v)
{
	liquid_emit(c, OP_PUSH, 1)->u.value = v;
	liquid_lexer_next(&c->lexer);
}

static struct value
own_string(struct str s)
{
	struct value v = value_string(s);

	v.own = true;
	return v;
}

static bool
number(struct liquid_compiler *c)
{
	struct str s = c->lexer.text;
	struct arena *memory = &c->program->memory;
	struct value v;

	if (str_chr(s, '.') != STR_NOWHERE)
		v = value_float(strtod(arena_cstr(memory, s), NULL));
	else if (!value_from_digits(&v, s, memory))
		return liquid_compile_fail(c, s.p, "more than %d digits",
		    VALUE_DIGITS_MAX);
	push(c, v);
	return true;
}

/* A word that stands for a value, when nothing is looked up in it. */
static bool
push_word(struct liquid_compiler *c, const char *name, struct value v)
{
	struct liquid_lexer ahead = c->lexer;

	if (!liquid_lexer_is_word(&ahead, name))
		return false;
	liquid_lexer_next(&ahead);
	if (liquid_lexer_is(&ahead, '.') || liquid_lexer_is(&ahead, '['))
		return false;
	push(c, v);
	return true;
}

/* `empty` and `blank` are more than an empty text only where something is
 * compared with them. */
static bool
word(struct liquid_compiler *c)
{
	struct value nil = {0}, nothing = own_string(STR(""));

	return push_word(c, "true", value_bool(true)) ||
	       push_word(c, "false", value_bool(false)) ||
	       push_word(c, "nil", nil) || push_word(c, "null", nil) ||
	       push_word(c, "empty", nothing) || push_word(c, "blank", nothing);
}

/* Remembers `root` or `root.member` for liquid_names. */
bool
liquid_compile_path(struct liquid_compiler *c, struct str root,
    struct str member)
{
	struct liquid *p = c->program;
	struct str path = root;
	uint32_t i;

	if (member.n > 0)
		path = arena_printf(&p->memory, "%.*s.%.*s", STR_ARG(root),
		    STR_ARG(member));
	for (i = 0; i < p->path_count; i++)
		if (str_eq(p->paths[i], path))
			return true;
	if (p->path_count == LIQUID_PATHS_MAX)
		return liquid_compile_fail(c, c->piece.at,
		    "more than %d different names", LIQUID_PATHS_MAX);
	p->paths[p->path_count++] = path;
	return true;
}

/* "[" value "]" behind something: a text is a member, the rest an index. */
static bool
bracket(struct liquid_compiler *c, struct str *member)
{
	struct liquid_op *op;
	uint32_t first = liquid_emit_here(c);

	*member = STR_NONE;
	if (!deeper(c) || !liquid_compile_value(c))
		return false;
	c->depth--;
	op = &c->program->ops[first];
	if (liquid_emit_here(c) == first + 1 && op->code == OP_PUSH &&
	    op->u.value.type == VALUE_STRING) {
		*member = value_text(op->u.value);
		op->code = OP_MEMBER;
		op->u.key = liquid_emit_key(c, *member);
		c->stack--;
	} else {
		liquid_emit(c, OP_INDEX, -1);
	}
	return liquid_lexer_take(&c->lexer, ']') ||
	       liquid_compile_expected(c, "']'");
}

static bool
is_command(struct str name)
{
	return str_eq(name, STR("size")) || str_eq(name, STR("first")) ||
	       str_eq(name, STR("last"));
}

/* One of .name and [value]; `found` is false when there is none. */
static bool
lookup(struct liquid_compiler *c, struct str *member, bool *found)
{
	struct liquid_lexer *x = &c->lexer;

	*found = true;
	if (liquid_lexer_take(x, '['))
		return bracket(c, member);
	*found = liquid_lexer_take(x, '.');
	if (!*found)
		return true;
	if (x->token != TOKEN_NAME)
		return liquid_compile_expected(c, "a name behind '.'");
	*member = x->text;
	liquid_emit(c, is_command(x->text) ? OP_COMMAND : OP_MEMBER, 0)->u.key =
	    liquid_emit_key(c, x->text);
	liquid_lexer_next(x);
	return true;
}

/* All that follow; `first` is the member that the first one names. */
static bool
lookups(struct liquid_compiler *c, struct str *first)
{
	struct str member = STR_NONE;
	bool found, at_first = true;

	*first = STR_NONE;
	do {
		if (!lookup(c, &member, &found))
			return false;
		if (at_first && found)
			*first = member;
		at_first = false;
	} while (found);
	return true;
}

/* `self` leads to all variables, unless a variable is called so. */
static bool
self_path(struct liquid_compiler *c)
{
	struct str first;

	liquid_emit(c, OP_SELF, 0)->u.scope = c->scope;
	if (!lookups(c, &first))
		return false;
	return liquid_compile_path(c, first.n > 0 ? first : STR("*"), STR_NONE);
}

static bool
path(struct liquid_compiler *c)
{
	struct liquid_scope_name name;
	struct str root = c->lexer.text, first;

	if (!liquid_scope_read(c, root, &name))
		return false;
	liquid_emit(c, OP_NAME, 1)->u.number = name.number;
	liquid_lexer_next(&c->lexer);
	if (!name.given && str_eq(root, STR("self")))
		return self_path(c);
	if (!lookups(c, &first))
		return false;
	return name.given || liquid_compile_path(c, root, first);
}

/* "[" value "]" at the start: a variable whose name is a value. */
static bool
named_path(struct liquid_compiler *c)
{
	const char *at = c->lexer.at;
	uint32_t start = liquid_emit_here(c);
	struct str first;

	if (!deeper(c) || !liquid_compile_value(c))
		return false;
	c->depth--;
	if (c->program->ops[start].code == OP_PUSH &&
	    c->program->ops[start].u.value.type != VALUE_STRING)
		return liquid_compile_fail(c, at,
		    "expected the name of a variable in quotes");
	if (!liquid_lexer_take(&c->lexer, ']'))
		return liquid_compile_expected(c, "']'");
	liquid_emit(c, OP_NAMED, 0)->u.scope = c->scope;
	return liquid_compile_path(c, STR("*"), STR_NONE) && lookups(c, &first);
}

/* One end of a range; of a float that is written there the whole part. */
static bool
bound(struct liquid_compiler *c)
{
	uint32_t first = liquid_emit_here(c);
	struct liquid_op *op;

	if (!liquid_compile_value(c))
		return false;
	op = &c->program->ops[first];
	if (op->code == OP_PUSH && op->u.value.type == VALUE_FLOAT &&
	    op->u.value.u.real > -9e18 && op->u.value.u.real < 9e18)
		op->u.value = value_int((int64_t)op->u.value.u.real);
	return true;
}

static bool
range(struct liquid_compiler *c)
{
	if (!deeper(c) || !bound(c))
		return false;
	if (c->lexer.token != TOKEN_DOTS)
		return liquid_compile_expected(c, "'..'");
	liquid_lexer_next(&c->lexer);
	if (!bound(c))
		return false;
	c->depth--;
	liquid_emit(c, OP_RANGE, -1);
	return liquid_lexer_take(&c->lexer, ')') ||
	       liquid_compile_expected(c, "')'");
}

bool
liquid_compile_value(struct liquid_compiler *c)
{
	struct liquid_lexer *x = &c->lexer;

	if (x->token == TOKEN_NAME && !liquid_lexer_is_word(x, "contains"))
		return word(c) || path(c);
	if (x->token == TOKEN_NUMBER)
		return number(c);
	if (x->token == TOKEN_STRING) {
		push(c, own_string(x->text));
		return true;
	}
	if (liquid_lexer_take(x, '['))
		return named_path(c);
	if (liquid_lexer_take(x, '('))
		return range(c);
	return liquid_compile_expected(c, "a value");
}

/* Positional arguments go to the stack first, those with a keyword behind
 * them, however they are written; so keywords are read in a second pass. */
static bool
arguments(struct liquid_compiler *c, bool keywords, struct str *names,
    int *count)
{
	bool is_keyword, skip;
	size_t ops;
	uint32_t stack;

	*count = 0;
	while (
	    c->lexer.token != TOKEN_END && !liquid_lexer_is(&c->lexer, '|')) {
		is_keyword = liquid_lexer_is_keyword(&c->lexer);
		skip = is_keyword != keywords;
		ops = c->program->op_count;
		stack = c->stack;
		if (is_keyword) {
			names[*count] = c->lexer.text;
			liquid_lexer_next(&c->lexer);
			liquid_lexer_next(&c->lexer);
		}
		if (!liquid_compile_value(c))
			return false;
		if (skip) {
			c->program->op_count = ops;
			c->stack = stack;
		} else if (++*count >= LIQUID_ARGS_MAX) {
			return liquid_compile_fail(c, c->lexer.at,
			    "more than %d arguments", LIQUID_ARGS_MAX - 1);
		}
		if (!liquid_lexer_take(&c->lexer, ','))
			break;
	}
	return true;
}

static bool
check_filter(struct liquid_compiler *c, const struct liquid_filter *row,
    struct str name, const int counts[2])
{
	if (row == NULL)
		return liquid_compile_fail(c, name.p, "unknown filter '%.*s'",
		    STR_ARG(name));
	if (counts[1] > 0 && !row->keywords)
		return liquid_compile_fail(c, name.p,
		    "filter '%s' takes no named arguments", row->name);
	if (counts[0] < row->min || counts[0] > row->max)
		return liquid_compile_fail(c, name.p,
		    "filter '%s' takes %s%d argument%s, not %d", row->name,
		    row->min < row->max ? "up to " : "", row->max,
		    row->max == 1 ? "" : "s", counts[0]);
	return true;
}

/* Behind "|". */
static bool
filter(struct liquid_compiler *c)
{
	struct str name = c->lexer.text, names[LIQUID_ARGS_MAX], *kept;
	const struct liquid_filter *row;
	struct liquid_lexer behind;
	struct liquid_op *op;
	int counts[2] = {0, 0};

	if (c->lexer.token != TOKEN_NAME)
		return liquid_compile_expected(c, "the name of a filter");
	liquid_lexer_next(&c->lexer);
	if (liquid_lexer_take(&c->lexer, ':')) {
		behind = c->lexer;
		if (!arguments(c, false, names, &counts[0]))
			return false;
		c->lexer = behind;
		if (!arguments(c, true, names, &counts[1]))
			return false;
	}
	row = liquid_filter_find(name);
	if (!check_filter(c, row, name, counts))
		return false;
	kept =
	    ARENA_ARRAY(&c->program->memory, struct str, (size_t)counts[1] + 1);
	memcpy(kept, names, (size_t)counts[1] * sizeof(*names));
	op = liquid_emit(c, OP_FILTER, -counts[0] - counts[1]);
	op->args = (uint8_t)counts[0];
	op->keywords = (uint8_t)counts[1];
	op->at = liquid_source_at(c, name.p);
	op->u.filter.row = row;
	op->u.filter.keywords = kept;
	return true;
}

bool
liquid_compile_filtered(struct liquid_compiler *c)
{
	if (!liquid_compile_value(c))
		return false;
	while (liquid_lexer_take(&c->lexer, '|'))
		if (!filter(c))
			return false;
	return true;
}

static bool
comparison(const struct liquid_lexer *x, enum liquid_comparison *out)
{
	static const struct {
		const char *text;
		enum liquid_comparison value;
	} rows[] = {
	    {"==", COMPARE_EQUAL},
	    {"!=", COMPARE_NOT_EQUAL},
	    {"<>", COMPARE_NOT_EQUAL},
	    {"<", COMPARE_LESS},
	    {">", COMPARE_GREATER},
	    {"<=", COMPARE_LESS_EQUAL},
	    {">=", COMPARE_GREATER_EQUAL},
	    {"contains", COMPARE_CONTAINS},
	};
	size_t i;

	if (x->token != TOKEN_COMPARE && x->token != TOKEN_NAME)
		return false;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(x->text, str_of(rows[i].text))) {
			*out = rows[i].value;
			return true;
		}
	return false;
}

bool
liquid_compile_compared(struct liquid_compiler *c)
{
	static const struct value empty = {.type = VALUE_EMPTY},
				  blank = {.type = VALUE_BLANK};

	return push_word(c, "empty", empty) || push_word(c, "blank", blank) ||
	       liquid_compile_value(c);
}

static bool
operand(struct liquid_compiler *c)
{
	enum liquid_comparison how;

	if (!liquid_compile_compared(c))
		return false;
	if (!comparison(&c->lexer, &how))
		return true;
	liquid_lexer_next(&c->lexer);
	if (!liquid_compile_compared(c))
		return false;
	liquid_emit(c, OP_COMPARE, -1)->u.compare = how;
	return true;
}

/* `a and b or c` is `a and (b or c)`: whatever decides, decides all. */
bool
liquid_compile_condition(struct liquid_compiler *c)
{
	uint32_t decided = LIQUID_NONE;

	for (;;) {
		if (!operand(c))
			return false;
		if (liquid_lexer_take_word(&c->lexer, "and"))
			liquid_emit_jump(c, OP_AND, &decided);
		else if (liquid_lexer_take_word(&c->lexer, "or"))
			liquid_emit_jump(c, OP_OR, &decided);
		else
			break;
	}
	liquid_emit_patch(c, decided);
	return true;
}

/* `escape` as the last filter is the way how it is written. */
static bool
ends_in_escape(struct liquid_compiler *c, uint32_t first)
{
	const struct liquid_op *last =
	    &c->program->ops[liquid_emit_here(c) - 1];

	if (liquid_emit_here(c) == first || last->code != OP_FILTER ||
	    last->u.filter.row != liquid_filter_find(STR("escape")) ||
	    c->program->escape == LIQUID_HEADER)
		return false;
	c->program->op_count--;
	return true;
}

bool
liquid_compile_output(struct liquid_compiler *c)
{
	uint32_t first = liquid_emit_here(c);
	struct str rest = c->piece.body, text;
	bool escaped;

	(void)str_cut(&rest, '|', &text);
	c->blank = false;
	if (c->lexer.token == TOKEN_END)
		return true;
	if (!liquid_compile_filtered(c) || !liquid_compile_finish(c))
		return false;
	escaped = ends_in_escape(c, first);
	liquid_emit(c, escaped ? OP_ESCAPE : OP_PRINT, -1)->u.text =
	    str_trim(text);
	return true;
}
