/*
 * liquid_program.h - a compiled template: operations over a stack of values.
 *
 *   Hello {{ contact.name | upcase }}!
 *
 *   TEXT "Hello "   NAME contact   MEMBER name   FILTER upcase   PRINT
 *   TEXT "!"   END
 *
 * Names are resolved to slots when compiling (liquid_scope.h); a render keeps
 * one variable for each (liquid_run.h).  Snippets are compiled in where they
 * are taken in.  How deep the stack gets is known beforehand.  Immutable once
 * compiled; everything belongs to the program.
 */
#ifndef TEMPLATES_LIQUID_PROGRAM_H
#define TEMPLATES_LIQUID_PROGRAM_H

#include "templates/liquid/liquid.h"

#define LIQUID_NAMES_MAX  4000 /* slots of a program */
#define LIQUID_PATHS_MAX  1000 /* different names read of the data */
#define LIQUID_ARGS_MAX   8    /* arguments of a filter */
#define LIQUID_PARAMS_MAX 64   /* arguments of a snippet */
#define LIQUID_NONE       UINT32_MAX

enum liquid_code {
	OP_END = 0,
	OP_TEXT,       /* text: write it */
	OP_PUSH,       /* value: push it */
	OP_NAME,       /* number: push that variable */
	OP_NAMED,      /* scope: pop a text, push the variable of that name */
	OP_SELF,       /* scope: push what leads to all variables */
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
	OP_GIVE,       /* number: the same, unless it is nil */
	OP_CLEAR,      /* range: forget these variables */
	OP_COUNT,      /* count: write a counter, change it */
	OP_CAPTURE,    /* target: what is written up to there ... */
	OP_CAPTURED,   /* number: ... becomes that variable */
	OP_CHANGED,    /* number: ... stays unless it is that already */
	OP_LINKED,     /* number: ... is the URL of that link */
	OP_LOOP,       /* loop: pop its attributes and items; first round */
	OP_NEXT,       /* loop: next round, or leave */
	OP_BREAK,      /* loop: leave */
	OP_CONTINUE,   /* loop: to its OP_NEXT */
	OP_LEAVE,      /* loop: leave, but go on behind this */
	OP_CASE,       /* push that no `when` has matched */
	OP_WHEN,       /* pop a value, remember if it is that of the case */
	OP_ROUND,      /* target: there, unless a match is still to be run */
	OP_ELSE,       /* target: there, if a `when` has matched */
	OP_CYCLE,      /* cycle: pop a name; to the choice whose turn it is */
	OP_CHOOSE,     /* choice: pop a text; to the snippet of that name */
	OP_FAIL,       /* text: fail with it */
	OP_ABORT,      /* pop the reason, end the render */
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

enum liquid_loop_kind {
	LOOP_FOR = 0,
	LOOP_TABLEROW,
	LOOP_INCLUDE, /* rounds of an array; all else is one round */
	LOOP_RENDER,  /* the same; ranges and objects have rounds, too */
};

/* Values that are pushed after the items, in this order. */
enum liquid_loop_attribute {
	LOOP_LIMIT = 0,
	LOOP_OFFSET,
	LOOP_COLS,
	LOOP_ATTRIBUTES
};

/* A loop: the operations of its body and those of its `else`. */
struct liquid_for {
	enum liquid_loop_kind kind;
	struct str title;           /* forloop.name */
	uint32_t variable, forloop; /* names; forloop may be none */
	uint32_t cursor;            /* name: where "offset: continue" goes on */
	bool has[LOOP_ATTRIBUTES];
	bool goes_on; /* offset: continue */
	bool reversed;
	uint32_t parent; /* of forloop.parentloop: loops around it, or none */
	uint32_t body, next, otherwise, end; /* numbers of operations */
};

struct liquid_cycle {
	uint32_t state;    /* name: turns of all cycles of its template */
	uint32_t *targets; /* of the choices */
	uint32_t count, end;
};

struct liquid_count {
	uint32_t number, counter; /* names */
	int step;                 /* 1 or -1 */
};

/* Snippets by name, where the template computes which. */
struct liquid_choice {
	const struct str *names;
	uint32_t *targets;
	uint32_t count;
};

/* The template, or one taking in of a snippet. */
struct liquid_source {
	struct str name; /* of the snippet */
	struct str text;
	uint32_t base; /* offsets in it begin here */
	uint32_t from; /* offset of the tag that takes it in */
};

struct liquid_filter;
struct liquid_scope;

struct liquid_op {
	enum liquid_code code : 8;
	uint8_t args, keywords; /* of a filter: values pushed, in this order */
	uint8_t escape;         /* of what prints: enum escape */
	uint32_t at;            /* offset in the sources, for errors */
	union {
		struct str text; /* of OP_PRINT: the expression, if nil may
				  * be missed */
		struct value value;
		const struct liquid_key *key;
		uint32_t number, target;
		enum liquid_comparison compare;
		struct {
			const struct liquid_filter *row;
			const struct str *keywords;
		} filter;
		const struct liquid_for *loop;
		const struct liquid_scope *scope;
		const struct liquid_cycle *cycle;
		const struct liquid_count *count;
		const struct liquid_choice *choice;
		struct {
			uint32_t first, end;
		} range;
	} u;
};

struct liquid {
	struct arena memory; /* sources, keys, scopes, loops, constants */
	struct liquid_source *sources; /* by base; the first is the template */
	uint32_t source_count, source_cap;
	enum liquid_escape escape;
	struct liquid_op *ops;
	size_t op_count, op_cap;
	const struct liquid_key **names;
	uint32_t name_count, name_cap;
	struct str paths[LIQUID_PATHS_MAX]; /* what liquid_names tells */
	uint32_t path_count;
	uint32_t stack_max; /* values on the stack at once */
	uint32_t loop_max;  /* loops inside of each other */
};

/* Line and column of a byte of a source. */
void liquid_position(struct liquid_error *error, struct str source, size_t at);
/* liquid_source.c: line and column in the template of an offset; for one in
 * a snippet those of the tag that took it in, and error->text gets the
 * snippet's name, line and column put before it. */
void liquid_locate(const struct liquid *program, uint32_t at,
    struct liquid_error *error);

#endif
