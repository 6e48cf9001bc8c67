/*
 * liquid_compiler.h - what the tags are compiled with.
 *
 * One pass, recursive descent.  Functions return false after they have told
 * the error.  A tag is a row in liquid_tags.c and a function that reads its
 * expressions (c->lexer), emits operations and, when it is a block, reads
 * its body with liquid_compile_block, which stops at the first tag that has
 * no row: its end, `else` and the like, left in c->piece.
 */
#ifndef TEMPLATES_LIQUID_COMPILER_H
#define TEMPLATES_LIQUID_COMPILER_H

#include "templates/liquid/liquid_lexer.h"
#include "templates/liquid/liquid_scan.h"
#include "templates/liquid/liquid_scope.h"

#define LIQUID_INCLUDES_MAX 1000       /* snippets taken in, each time */
#define LIQUID_SOURCES_MAX  (2U << 20) /* bytes of template and snippets */

enum liquid_open_kind {
	OPEN_LOOP = 0, /* for, tablerow: ends here */
	OPEN_INCLUDE,  /* loop of an include: left on the way */
	OPEN_RENDER,   /* snippet: what breaks goes on behind it */
	OPEN_CAPTURE,  /* `close` is run on the way */
};

/* What `break` inside of it must leave; the innermost first. */
struct liquid_open {
	struct liquid_open *outer;
	enum liquid_open_kind kind;
	const struct liquid_for *loop;
	enum liquid_code close; /* of a capture: its end, and what that gets */
	uint32_t number;
	uint32_t leaves; /* of a snippet: jumps to its end */
	uint32_t stack;  /* values on the stack where its body begins */
	uint32_t loops;  /* this one and around it */
};

struct liquid_compiler {
	const struct liquid_options *options;
	struct liquid *program;
	uint32_t source; /* number of the source that is read */
	struct liquid_scan scan;
	struct liquid_piece piece; /* the piece at hand */
	struct liquid_lexer lexer; /* on the body of a tag or an output */
	struct liquid_error *error;
	struct liquid_open *open;
	struct liquid_scope *scope, *root;
	struct liquid_scope spare; /* numbers that were given back */
	uint32_t stack;            /* values on the stack at this place */
	int depth;                 /* open blocks and brackets */
	int includes;              /* snippets inside of each other */
	int maybe;                 /* of them, how many the data choose */
	bool isolated;             /* inside of a `render` */
	bool blank; /* nothing that this block wrote can be seen */
};

/* One tag.  c->lexer stands behind its name. */
typedef bool liquid_tag_fn(struct liquid_compiler *c);
struct liquid_tag {
	const char *name;
	liquid_tag_fn *compile;
};
const struct liquid_tag *liquid_tag_find(const struct liquid_compiler *c,
    struct str name);

bool liquid_compile_fail(struct liquid_compiler *c, const char *at,
    const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The error at c->lexer: "expected X, found Y". */
bool liquid_compile_expected(struct liquid_compiler *c, const char *what);
/* Nothing may follow in this tag or output. */
bool liquid_compile_finish(struct liquid_compiler *c) MUST_USE;

/* liquid_emit.c: the program grows at its end.  `effect` is by how much the
 * operation makes the stack deeper.  The op is valid until the next emit. */
struct liquid_op *liquid_emit(struct liquid_compiler *c, enum liquid_code code,
    int effect);
uint32_t liquid_emit_here(const struct liquid_compiler *c);
/* Jumps to one place that is not known yet are a list through their
 * targets: begin with LIQUID_NONE, patch it when the place is reached. */
void liquid_emit_jump(struct liquid_compiler *c, enum liquid_code code,
    uint32_t *list);
void liquid_emit_patch(struct liquid_compiler *c, uint32_t list);
bool liquid_emit_text(struct liquid_compiler *c, struct str text) MUST_USE;
const struct liquid_key *liquid_emit_key(struct liquid_compiler *c,
    struct str text);

/* liquid_expression.c */
bool liquid_compile_value(struct liquid_compiler *c) MUST_USE; /* pushes 1 */
/* A value, or what `empty` and `blank` mean to a comparison. */
bool liquid_compile_compared(struct liquid_compiler *c) MUST_USE;
bool liquid_compile_filtered(struct liquid_compiler *c) MUST_USE;
bool liquid_compile_condition(struct liquid_compiler *c) MUST_USE;
bool liquid_compile_output(struct liquid_compiler *c) MUST_USE;

/* Reads pieces up to a tag without a row.  At the end of the template it
 * fails and tells that `name`, opened at `at`, is not closed. */
bool liquid_compile_block(struct liquid_compiler *c, const char *name,
    const char *at) MUST_USE;
bool liquid_compile_is(const struct liquid_compiler *c, const char *tag);
/* The tag at hand fits nowhere in the block. */
bool liquid_compile_stray(struct liquid_compiler *c, const char *block,
    const char *at);

/* A tag without a name in this place: up to the end of the template. */
bool liquid_compile_rest(struct liquid_compiler *c) MUST_USE;

/* Opens it inside of what is open now; where its body begins. */
struct liquid_open *liquid_open_new(struct liquid_compiler *c,
    enum liquid_open_kind kind, const struct liquid_for *loop);
/* A block whose output is taken: body, `close` with `number`. */
bool liquid_compile_capture(struct liquid_compiler *c, const char *name,
    enum liquid_code close, uint32_t number) MUST_USE;

/* A block whose branches show nothing (whitespace, assignments, comments)
 * writes nothing: begin before the first branch, end after the last. */
struct liquid_blank {
	uint32_t first;
	bool outer;
};
struct liquid_blank liquid_blank_begin(struct liquid_compiler *c);
void liquid_blank_end(struct liquid_compiler *c, struct liquid_blank b);

/* liquid_source.c: the text is read from now on; copied once a name. */
bool liquid_source_add(struct liquid_compiler *c, struct str name,
    struct str text) MUST_USE;
/* The source in which an offset lies. */
const struct liquid_source *liquid_source_of(const struct liquid *program,
    uint32_t at);
/* Offset of a byte of the source that is read. */
uint32_t liquid_source_at(const struct liquid_compiler *c, const char *p);

/* Remembers `root` or `root.member` for liquid_names. */
bool liquid_compile_path(struct liquid_compiler *c, struct str root,
    struct str member) MUST_USE;

/* Tags that have a file of their own. */
liquid_tag_fn liquid_tag_if, liquid_tag_unless, liquid_tag_for,
    liquid_tag_tablerow, liquid_tag_break, liquid_tag_continue, liquid_tag_case,
    liquid_tag_cycle, liquid_tag_include, liquid_tag_render;

#endif
