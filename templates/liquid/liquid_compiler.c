#include "templates/liquid/liquid_compiler.h"

#include "lib/base/mem.h"
#include "templates/liquid/liquid_places.h"

#include <stdarg.h>

#define PROGRAM_MEMORY_MAX (128U << 20)

bool
liquid_compile_fail(struct liquid_compiler *c, const char *at, const char *fmt,
    ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->error->text, sizeof(c->error->text), fmt, ap);
	va_end(ap);
	liquid_locate(c->program, liquid_source_at(c, at), c->error);
	return false;
}

/* What people write who know other languages, or whose editor is clever. */
static const char *
advice(struct str s)
{
	static const struct {
		const char *begins, *advice;
	} all[] = {
	    {"\xe2\x80\x9c", ": write straight quotes"},
	    {"\xe2\x80\x9d", ": write straight quotes"},
	    {"\xe2\x80\x9e", ": write straight quotes"},
	    {"\xe2\x80\x98", ": write straight quotes"},
	    {"\xe2\x80\x99", ": write straight quotes"},
	    {"\xc2\xab", ": write straight quotes"},
	    {"&quot;", ": write the quote itself"},
	    {"&#39;", ": write the quote itself"},
	    {"&&", ": write 'and'"},
	    {"||", ": write 'or'"},
	    {"!", ": write 'unless' or '!='"},
	    {"=", ": write '==' to compare"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(all); i++)
		if (str_starts(s, str_of(all[i].begins)))
			return all[i].advice;
	return "";
}

/* The token, a character beyond ASCII whole. */
static struct str
found(const struct liquid_lexer *x)
{
	struct str s = x->text;

	if (x->token == TOKEN_BAD && (unsigned char)s.p[0] >= 0x80)
		while (s.p + s.n < x->rest.p + x->rest.n &&
		       ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
			s.n++;
	return str_sub(s, 0, s.n < 40 ? s.n : 40);
}

bool
liquid_compile_expected(struct liquid_compiler *c, const char *what)
{
	const struct liquid_lexer *x = &c->lexer;
	struct str token;

	if (x->token == TOKEN_END)
		return liquid_compile_fail(c,
		    x->at != NULL ? x->at : c->piece.at, "expected %s", what);
	if (x->token == TOKEN_BAD &&
	    (x->text.p[0] == '"' || x->text.p[0] == '\''))
		return liquid_compile_fail(c, x->at, "text is not closed");
	token = found(x);
	return liquid_compile_fail(c, x->at, "expected %s, found '%.*s'%s",
	    what, STR_ARG(token),
	    x->token == TOKEN_STRING
		? ""
		: advice((struct str){x->at, x->text.n + x->rest.n}));
}

bool
liquid_compile_finish(struct liquid_compiler *c)
{
	return c->lexer.token == TOKEN_END ||
	       liquid_compile_expected(c,
		   c->piece.kind == PIECE_OUTPUT ? "'|' or '}}'" : "'%}'");
}

bool
liquid_compile_is(const struct liquid_compiler *c, const char *tag)
{
	return c->piece.kind == PIECE_TAG && str_eq(c->piece.name, str_of(tag));
}

bool
liquid_compile_stray(struct liquid_compiler *c, const char *block,
    const char *at)
{
	struct str source = c->program->sources[c->source].text;
	struct liquid_error opened;
	struct str name = c->piece.name;

	liquid_position(&opened, source, (size_t)(at - source.p));
	if (c->piece.kind == PIECE_OPEN)
		return liquid_compile_fail(c, c->piece.at,
		    "'%.*s' is not closed", STR_ARG(c->piece.body));
	if (c->piece.kind == PIECE_END)
		return liquid_compile_fail(c, c->piece.at,
		    "unexpected end of template, '%s' from line %d is not "
		    "closed",
		    block, opened.line);
	if (name.n > 40)
		name.n = 40;
	if (str_starts(name, STR("end")) || str_eq(name, STR("else")) ||
	    str_eq(name, STR("elsif")))
		return liquid_compile_fail(c, c->piece.at,
		    "'%.*s' does not fit '%s' from line %d", STR_ARG(name),
		    block, opened.line);
	return liquid_compile_fail(c, c->piece.at, "unknown tag '%.*s'",
	    STR_ARG(name));
}

/* One tag that has a row. */
static bool
compile_tag(struct liquid_compiler *c, const struct liquid_tag *tag)
{
	bool ok;

	if (++c->depth > LIQUID_DEPTH_MAX)
		return liquid_compile_fail(c, c->piece.at,
		    "nested deeper than %d", LIQUID_DEPTH_MAX);
	ok = tag->compile(c);
	c->depth--;
	return ok;
}

/* Pieces up to a tag without a row or the end. */
static bool
compile_pieces(struct liquid_compiler *c)
{
	const struct liquid_tag *tag;
	bool ok = true;

	while (ok) {
		liquid_scan_next(&c->scan, &c->piece);
		liquid_lexer_init(&c->lexer, c->piece.body);
		switch (c->piece.kind) {
		case PIECE_TEXT: ok = liquid_emit_text(c, c->piece.body); break;
		case PIECE_OUTPUT: ok = liquid_compile_output(c); break;
		case PIECE_TAG:
			tag = liquid_tag_find(c, c->piece.name);
			if (tag == NULL)
				return true;
			ok = compile_tag(c, tag);
			break;
		case PIECE_END:
		case PIECE_OPEN: return true;
		}
	}
	return false;
}

bool
liquid_compile_block(struct liquid_compiler *c, const char *name,
    const char *at)
{
	if (!compile_pieces(c))
		return false;
	return c->piece.kind == PIECE_TAG || liquid_compile_stray(c, name, at);
}

/* What stops the outermost level must be the end. */
bool
liquid_compile_rest(struct liquid_compiler *c)
{
	struct str name;

	if (!compile_pieces(c))
		return false;
	name = c->piece.name;
	if (c->piece.kind == PIECE_END)
		return true;
	if (c->piece.kind == PIECE_OPEN)
		return liquid_compile_fail(c, c->piece.at,
		    "'%.*s' is not closed", STR_ARG(c->piece.body));
	if (name.n > 40)
		name.n = 40;
	if (name.n == 0)
		return liquid_compile_fail(c, c->piece.at,
		    "tag without a name");
	if (str_starts(name, STR("end")) || str_eq(name, STR("else")) ||
	    str_eq(name, STR("elsif")))
		return liquid_compile_fail(c, c->piece.at,
		    "'%.*s' without a block to belong to", STR_ARG(name));
	return liquid_compile_fail(c, c->piece.at, "unknown tag '%.*s'",
	    STR_ARG(name));
}

static bool
check_source(struct str source, struct liquid_error *error)
{
	*error = (struct liquid_error){.line = 1, .column = 1};
	if (source.n > LIQUID_SOURCE_MAX)
		snprintf(error->text, sizeof(error->text),
		    "template is larger than %u bytes", LIQUID_SOURCE_MAX);
	else if (!str_is_utf8(source))
		snprintf(error->text, sizeof(error->text),
		    "template is not UTF-8");
	return error->text[0] == '\0';
}

bool
liquid_compile(struct liquid **out, struct str source,
    enum liquid_escape escape, struct liquid_error *error)
{
	const struct liquid_options options = {.escape = escape};

	return liquid_compile_with(out, source, &options, error);
}

bool
liquid_compile_with(struct liquid **out, struct str source,
    const struct liquid_options *options, struct liquid_error *error)
{
	struct liquid_compiler c = {
	    .options = options,
	    .error = error,
	    .blank = true,
	};

	*out = NULL;
	if (!check_source(source, error))
		return false;
	c.program = NEW(struct liquid);
	arena_init(&c.program->memory, PROGRAM_MEMORY_MAX);
	c.program->escape = options->escape;
	liquid_scope_open(&c, NULL);
	if (!liquid_source_add(&c, STR_NONE, source) ||
	    !liquid_compile_rest(&c)) {
		liquid_free(c.program);
		return false;
	}
	liquid_emit(&c, OP_END, 0);
	liquid_places_set(c.program);
	*out = c.program;
	return true;
}

void
liquid_free(struct liquid *program)
{
	if (program == NULL)
		return;
	free(program->ops);
	free(program->names);
	free(program->sources);
	arena_release(&program->memory);
	free(program);
}

void
liquid_names(const struct liquid *program, liquid_name_fn *fn, void *arg)
{
	uint32_t i;

	for (i = 0; i < program->path_count; i++)
		fn(program->paths[i], arg);
}
