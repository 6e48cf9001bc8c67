/*
 * liquid_tags.c - the tags: one row each, the small ones right here.
 */
#include "templates/liquid/liquid_compiler.h"

/* A name to write to: without '?'. */
static bool
target(struct liquid_compiler *c, uint32_t *name)
{
	struct str s = c->lexer.text;

	if ((c->lexer.token != TOKEN_NAME && c->lexer.token != TOKEN_NUMBER &&
		c->lexer.token != TOKEN_STRING) ||
	    s.n == 0 || s.p[s.n - 1] == '?' || s.p[0] == '-')
		return liquid_compile_expected(c, "a name to assign to");
	liquid_lexer_next(&c->lexer);
	return liquid_scope_root(c, s, NAME_VARIABLE, name);
}

static bool
tag_assign(struct liquid_compiler *c)
{
	uint32_t name = 0;

	if (!target(c, &name))
		return false;
	if (!liquid_lexer_take(&c->lexer, '='))
		return liquid_compile_expected(c, "'='");
	if (!liquid_compile_filtered(c) || !liquid_compile_finish(c))
		return false;
	liquid_emit(c, OP_ASSIGN, -1)->u.number = name;
	return true;
}

bool
liquid_compile_capture(struct liquid_compiler *c, const char *name,
    enum liquid_code close, uint32_t number)
{
	const char *at = c->piece.at;
	struct liquid_open *open;
	char end[24];
	uint32_t begin = liquid_emit_here(c);

	liquid_emit(c, OP_CAPTURE, 1);
	open = liquid_open_new(c, OPEN_CAPTURE, NULL);
	open->close = close;
	open->number = number;
	if (!liquid_compile_block(c, name, at))
		return false;
	snprintf(end, sizeof(end), "end%s", name);
	if (!liquid_compile_is(c, end))
		return liquid_compile_stray(c, name, at);
	c->open = open->outer;
	c->program->ops[begin].u.target = liquid_emit_here(c);
	liquid_emit(c, close, -1)->u.number = number;
	return true;
}

static bool
tag_capture(struct liquid_compiler *c)
{
	bool blank = c->blank;
	uint32_t name = 0;

	if (!target(c, &name) || !liquid_compile_finish(c) ||
	    !liquid_compile_capture(c, "capture", OP_CAPTURED, name))
		return false;
	c->blank = blank;
	return true;
}

/* What its body shows, unless that is what was shown here last. */
static bool
tag_ifchanged(struct liquid_compiler *c)
{
	uint32_t state;

	if (!liquid_scope_root(c, STR_NONE, NAME_CHANGED, &state) ||
	    !liquid_compile_finish(c))
		return false;
	return liquid_compile_capture(c, "ifchanged", OP_CHANGED, state);
}

/* Its body is a URL: see html_rewrite.h.  Of the engine alone. */
static bool
tag_link(struct liquid_compiler *c)
{
	uint64_t number;

	if (c->lexer.token != TOKEN_NUMBER ||
	    !str_to_u64(c->lexer.text, &number) || number > UINT32_MAX)
		return liquid_compile_expected(c, "the number of a link");
	liquid_lexer_next(&c->lexer);
	c->blank = false;
	return liquid_compile_finish(c) &&
	       liquid_compile_capture(c, "link", OP_LINKED, (uint32_t)number);
}

static bool
count(struct liquid_compiler *c, int step)
{
	struct liquid_count *count =
	    ARENA_NEW(&c->program->memory, struct liquid_count);
	struct str name = c->lexer.text;

	if (c->lexer.token != TOKEN_NAME)
		return liquid_compile_expected(c, "the name of a counter");
	liquid_lexer_next(&c->lexer);
	c->blank = false;
	count->step = step;
	if (!liquid_scope_root(c, name, NAME_VARIABLE, &count->number) ||
	    !liquid_scope_root(c, name, NAME_COUNTER, &count->counter))
		return false;
	liquid_emit(c, OP_COUNT, 0)->u.count = count;
	return liquid_compile_finish(c);
}

static bool
tag_increment(struct liquid_compiler *c)
{
	return count(c, 1);
}

static bool
tag_decrement(struct liquid_compiler *c)
{
	return count(c, -1);
}

/* No mail to this recipient; what follows is the reason. */
static bool
tag_abort_message(struct liquid_compiler *c)
{
	c->blank = false;
	if (c->lexer.token == TOKEN_END)
		liquid_emit(c, OP_PUSH, 1);
	else if (!liquid_compile_filtered(c))
		return false;
	liquid_emit(c, OP_ABORT, -1);
	return liquid_compile_finish(c);
}

/* Each line of its body is a tag. */
static bool
tag_liquid(struct liquid_compiler *c)
{
	struct liquid_scan outer = c->scan;

	liquid_scan_lines(&c->scan, c->piece.body);
	if (!liquid_compile_rest(c))
		return false;
	c->scan = outer;
	return true;
}

static bool
tag_comment(struct liquid_compiler *c)
{
	const char *at = c->piece.at;
	struct str ignored;
	int depth = 1;

	while (depth > 0) {
		liquid_scan_next(&c->scan, &c->piece);
		if (liquid_compile_is(c, "raw") &&
		    !liquid_scan_until(&c->scan, "endraw", &ignored))
			return liquid_compile_stray(c, "comment", at);
		depth += liquid_compile_is(c, "comment");
		depth -= liquid_compile_is(c, "endcomment");
		if (c->piece.kind == PIECE_END || c->piece.kind == PIECE_OPEN)
			return liquid_compile_stray(c, "comment", at);
	}
	return true;
}

/* "#": to the end of the tag; every line begins with another "#". */
static bool
tag_inline_comment(struct liquid_compiler *c)
{
	struct str rest = c->piece.body, line;

	(void)str_cut(&rest, '\n', &line);
	while (str_cut(&rest, '\n', &line))
		if (str_trim(line).n > 0 && str_trim(line).p[0] != '#')
			return liquid_compile_fail(c, line.p,
			    "expected '#' on each line of the comment");
	return true;
}

static bool
tag_raw(struct liquid_compiler *c)
{
	const char *at = c->piece.at;
	struct str body;

	if (!liquid_compile_finish(c))
		return false;
	if (!liquid_scan_until(&c->scan, "endraw", &body)) {
		c->piece = (struct liquid_piece){
		    .kind = PIECE_END,
		    .at = c->scan.end,
		};
		return liquid_compile_stray(c, "raw", at);
	}
	c->blank = c->blank && body.n == 0;
	return liquid_emit_text(c, body);
}

/* Up to enddoc, whatever stands there, but no other doc. */
static bool
tag_doc(struct liquid_compiler *c)
{
	const char *at = c->piece.at;
	struct liquid_scan inner;
	struct str body, ignored;

	if (!liquid_compile_finish(c))
		return false;
	if (!liquid_scan_until(&c->scan, "enddoc", &body)) {
		c->piece = (struct liquid_piece){
		    .kind = PIECE_END,
		    .at = c->scan.end,
		};
		return liquid_compile_stray(c, "doc", at);
	}
	c->blank = c->blank && body.n == 0;
	liquid_scan_init(&inner, body);
	return !liquid_scan_until(&inner, "doc", &ignored) ||
	       liquid_compile_fail(c, at, "'doc' inside of 'doc'");
}

static const struct liquid_tag tags[] = {
    {"#", tag_inline_comment},
    {"abort_message", tag_abort_message},
    {"assign", tag_assign},
    {"break", liquid_tag_break},
    {"capture", tag_capture},
    {"case", liquid_tag_case},
    {"comment", tag_comment},
    {"continue", liquid_tag_continue},
    {"cycle", liquid_tag_cycle},
    {"decrement", tag_decrement},
    {"doc", tag_doc},
    {"echo", liquid_compile_output},
    {"for", liquid_tag_for},
    {"if", liquid_tag_if},
    {"ifchanged", tag_ifchanged},
    {"include", liquid_tag_include},
    {"increment", tag_increment},
    {"liquid", tag_liquid},
    {"raw", tag_raw},
    {"render", liquid_tag_render},
    {"tablerow", liquid_tag_tablerow},
    {"unless", liquid_tag_unless},
};

const struct liquid_tag *
liquid_tag_find(const struct liquid_compiler *c, struct str name)
{
	static const struct liquid_tag link = {"link", tag_link};
	size_t i;

	for (i = 0; i < ARRAY_LEN(tags); i++)
		if (str_eq(name, str_of(tags[i].name)))
			return &tags[i];
	return c->options->internal && str_eq(name, str_of(link.name)) ? &link
								       : NULL;
}
