/*
 * liquid_tags.c - the tags: one row each, the small ones right here.
 */
#include "templates/liquid_compiler.h"

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
	return liquid_emit_name(c, s, name);
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

static bool
tag_capture(struct liquid_compiler *c)
{
	const char *at = c->piece.at;
	struct liquid_open *open = liquid_open_new(c, NULL);
	bool blank = c->blank;
	uint32_t begin;

	if (!target(c, &open->capture) || !liquid_compile_finish(c))
		return false;
	begin = liquid_emit_here(c);
	liquid_emit(c, OP_CAPTURE, 1);
	c->open = open;
	if (!liquid_compile_block(c, "capture", at))
		return false;
	if (!liquid_compile_is(c, "endcapture"))
		return liquid_compile_stray(c, "capture", at);
	c->open = open->outer;
	c->blank = blank;
	c->program->ops[begin].u.target = liquid_emit_here(c);
	liquid_emit(c, OP_CAPTURED, -1)->u.number = open->capture;
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
		if (liquid_compile_is(c, "raw"))
			(void)liquid_scan_until(&c->scan, "endraw", &ignored);
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

static const struct liquid_tag tags[] = {
    {"#", tag_inline_comment},
    {"assign", tag_assign},
    {"break", liquid_tag_break},
    {"capture", tag_capture},
    {"comment", tag_comment},
    {"continue", liquid_tag_continue},
    {"echo", liquid_compile_output},
    {"for", liquid_tag_for},
    {"if", liquid_tag_if},
    {"raw", tag_raw},
    {"unless", liquid_tag_unless},
};

const struct liquid_tag *
liquid_tag_find(struct str name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(tags); i++)
		if (str_eq(name, str_of(tags[i].name)))
			return &tags[i];
	return NULL;
}
