/*
 * liquid_program.h - a compiled template: operations over a stack of values.
 *
 *   Hello {{ contact.name | upcase }}!
 *
 *   TEXT "Hello "   NAME contact   MEMBER name   FILTER upcase   PRINT
 *   TEXT "!"   END
 *
 * Top-level names are numbered when compiling; a render keeps one variable
 * for each (liquid_run.h).  How deep the stack gets is known beforehand.
 * Immutable once compiled; everything belongs to the program.
 */
#ifndef TEMPLATES_LIQUID_PROGRAM_H
#define TEMPLATES_LIQUID_PROGRAM_H

#include "templates/liquid.h"

#define LIQUID_NAMES_MAX 1000 /* different names a template may use */
#define LIQUID_ARGS_MAX  8    /* arguments of a filter */
#define LIQUID_NONE      UINT32_MAX

enum liquid_code {
	OP_END = 0,
	OP_TEXT,       /* text: write it */
	OP_PUSH,       /* value: push it */
	OP_NAME,       /* number: push that variable */
	OP_NAMED,      /* pop a text, push the variable of that name */
	OP_MEMBER,     /* key: replace the top by its member */
	OP_COMMAND,    /* key: the same, with size, first, last */
	OP_INDEX,      /* pop an index, replace the top by that item */
	OP_RANGE,      /* pop last and first, push the range */
	OP_FILTER,     /* filter: pop its arguments, replace the top */
	OP_PRINT,      /* pop and write, escaped for its place */
	OP_ESCAPE,     /* the same behind the filter `escape` */
	OP_COMPARE,    /* compare: pop two, push true or false */
	OP_POP,        /* forget the top */
	OP_JUMP,       /* target */
	OP_JUMP_FALSE, /* target: pop, jump unless truthy */
	OP_JUMP_TRUE,  /* target: pop, jump if truthy */
	OP_AND,        /* target: keep a falsy top and jump, else pop */
	OP_OR,         /* target: keep a truthy top and jump, else pop */
	OP_ASSIGN,     /* number: pop into that variable */
	OP_CAPTURE,    /* target: what is written up to there ... */
	OP_CAPTURED,   /* number: ... becomes that variable */
	OP_LOOP,       /* loop: pop offset, limit, items; first round */
	OP_NEXT,       /* loop: next round, or leave */
	OP_BREAK,      /* loop: leave */
	OP_CONTINUE,   /* loop: to its OP_NEXT */
	OP__COUNT
};

enum liquid_comparison {
	COMPARE_EQUAL = 0,
	COMPARE_NOT_EQUAL,
	COMPARE_LESS,
	COMPARE_GREATER,
	COMPARE_LESS_EQUAL,
	COMPARE_GREATER_EQUAL,
	COMPARE_CONTAINS,
};

struct liquid_key {
	struct str text;
	uint32_t hash;
};

/* A `for`: the operations of its body and those of its `else`. */
struct liquid_for {
	struct str title;           /* forloop.name */
	uint32_t variable, forloop; /* names */
	uint32_t cursor;            /* where "offset: continue" goes on */
	bool has_limit, has_offset; /* pushed after the items, in this order */
	bool goes_on;               /* offset: continue */
	bool reversed;
	uint32_t body, next, otherwise, end; /* numbers of operations */
};

struct liquid_filter;

struct liquid_op {
	enum liquid_code code : 8;
	uint8_t args, keywords; /* of a filter: values pushed, in this order */
	uint8_t escape;         /* of what prints: enum escape */
	uint32_t at;            /* offset in the source, for errors */
	union {
		struct str text;
		struct value value;
		const struct liquid_key *key;
		uint32_t number, target;
		enum liquid_comparison compare;
		struct {
			const struct liquid_filter *row;
			const struct str *keywords;
		} filter;
		const struct liquid_for *loop;
	} u;
};

struct liquid {
	struct arena memory; /* source, keys, loops, constants */
	struct str source;
	enum liquid_escape escape;
	struct liquid_op *ops;
	size_t op_count, op_cap;
	struct liquid_key *names[LIQUID_NAMES_MAX];
	uint32_t name_count;
	struct str paths[LIQUID_NAMES_MAX]; /* what liquid_names tells */
	uint32_t path_count;
	struct str cursors[LIQUID_NAMES_MAX];
	uint32_t cursor_count;
	uint32_t stack_max; /* values on the stack at once */
	uint32_t loop_max;  /* loops inside of each other */
};

/* Number of a name, or LIQUID_NONE. */
uint32_t liquid_name_find(const struct liquid *program, struct str name);

/* Line and column of a byte of the source. */
void liquid_position(struct liquid_error *error, struct str source, size_t at);

#endif
