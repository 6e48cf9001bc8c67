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

#include "templates/liquid_lexer.h"
#include "templates/liquid_program.h"
#include "templates/liquid_scan.h"

/* What `break` inside of it must leave; the innermost first. */
struct liquid_open {
	struct liquid_open *outer;
	const struct liquid_for *loop; /* NULL: a capture */
	uint32_t capture;              /* its name */
	uint32_t loops;                /* this one and around it */
};

struct liquid_compiler {
	struct liquid *program;
	struct liquid_scan scan;
	struct liquid_piece piece; /* the piece at hand */
	struct liquid_lexer lexer; /* on the body of a tag or an output */
	struct liquid_error *error;
	struct liquid_open *open;
	uint32_t stack; /* values on the stack at this place */
	int depth;      /* open blocks and brackets */
	bool blank;     /* nothing that this block wrote can be seen */
};

/* One tag.  c->lexer stands behind its name. */
typedef bool liquid_tag_fn(struct liquid_compiler *c);
struct liquid_tag {
	const char *name;
	liquid_tag_fn *compile;
};
const struct liquid_tag *liquid_tag_find(struct str name);

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
/* Numbers and keys for the whole program. */
bool liquid_emit_name(struct liquid_compiler *c, struct str name,
    uint32_t *number) MUST_USE;
const struct liquid_key *liquid_emit_key(struct liquid_compiler *c,
    struct str text);

/* liquid_expression.c */
bool liquid_compile_value(struct liquid_compiler *c) MUST_USE; /* pushes 1 */
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

/* Inside of what is open now; becomes c->open where its body begins. */
struct liquid_open *liquid_open_new(struct liquid_compiler *c,
    const struct liquid_for *loop);

/* A block whose branches show nothing (whitespace, assignments, comments)
 * writes nothing: begin before the first branch, end after the last. */
struct liquid_blank {
	uint32_t first;
	bool outer;
};
struct liquid_blank liquid_blank_begin(struct liquid_compiler *c);
void liquid_blank_end(struct liquid_compiler *c, struct liquid_blank b);

/* Tags that have a file of their own. */
liquid_tag_fn liquid_tag_if, liquid_tag_unless, liquid_tag_for,
    liquid_tag_break, liquid_tag_continue;

#endif
