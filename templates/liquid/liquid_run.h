/*
 * liquid_run.h - one render: what operations and filters work with.
 *
 * Lives on the stack of liquid_render; all memory comes from the caller's
 * arena.  A variable is looked up in the data once and kept.  Functions
 * return false after they have told the error; every bound (steps, memory,
 * output, CPU time) is checked here.
 */
#ifndef TEMPLATES_LIQUID_RUN_H
#define TEMPLATES_LIQUID_RUN_H

#include "templates/liquid/liquid_program.h"

#define LIQUID_BYTES_PER_STEP 256 /* of text a filter may look at */

/* Steps between two looks at the clock.  A render that takes fewer never
 * looks at it, so that usual ones pay nothing. */
#define LIQUID_STEPS_PER_LOOK 2000

struct liquid_variable {
	struct value value;
	bool known;    /* else still to be looked up in the data */
	bool assigned; /* by the template: hides the counter of that name */
};

struct liquid_loop {
	struct value_drop drop; /* forloop; first, so that it leads here */
	const struct liquid_for *code;
	const struct liquid_loop *outer; /* forloop.parentloop; NULL: none */
	struct value items;              /* array, object or range ... */
	bool single;                     /* ... or one value as it is */
	int64_t index, length;           /* rounds done, rounds in all */
	int64_t first;                   /* offset of the slice */
	int64_t cols, col, row;          /* of a tablerow, from 1 */
	uint32_t top;                    /* height of the stack */
};

struct liquid_run {
	const struct liquid *program;
	const struct liquid_data *data;
	struct arena *arena;
	size_t arena_end; /* arena->used may grow up to here */
	struct buf *out;
	size_t out_end; /* out->n may grow up to here */
	struct liquid_variable *variables;
	struct liquid_loop *loops;
	struct liquid_self *selves;
	struct value *stack;
	uint32_t top; /* values on the stack */
	uint32_t pc;  /* next operation */
	uint32_t steps;
	uint32_t look;  /* at that many steps the clock is looked at */
	int64_t cpu_us; /* of the thread at the first look */
	int depth;      /* loops that are open */
	bool mixed;     /* since the last capture began, data were printed */
	struct liquid_error *error;
};

bool liquid_run_fail(struct liquid_run *r, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
/* NULL: failed, too much memory. */
void *liquid_run_alloc(struct liquid_run *r, size_t size) MUST_USE;
/* Long work is charged as it goes: steps are what bounds it. */
bool liquid_run_charge(struct liquid_run *r, size_t steps) MUST_USE;

/* Output. */
bool liquid_run_write(struct liquid_run *r, const char *p, size_t n) MUST_USE;

/* Text that is being made goes behind the output and is taken from there:
 *   mark = out->n;  liquid_run_write(...);  liquid_run_take(r, mark, &s); */
bool liquid_run_take(struct liquid_run *r, size_t mark,
    struct str *out) MUST_USE;

/* liquid_text.c: a value as `{{ }}` shows it. */
bool liquid_text(struct liquid_run *r, struct value v,
    struct str *out) MUST_USE;
/* The same for filters, which see arrays as inspected: ["a", "b"]. */
bool liquid_string(struct liquid_run *r, struct value v,
    struct str *out) MUST_USE;
/* End of a range: an int, or the digits that a text begins with. */
bool liquid_bound(struct liquid_run *r, struct value v, int64_t *out) MUST_USE;
/* A whole number of an int, a float or digits; else "invalid integer". */
bool liquid_integer(struct liquid_run *r, struct value v,
    int64_t *out) MUST_USE;

/* liquid_escape.c */
/* A value and its text, as the place asks for: enum escape. */
bool liquid_write_value(struct liquid_run *r, struct value v, struct str s,
    uint8_t how) MUST_USE;
bool liquid_write_escaped(struct liquid_run *r, struct str s,
    enum liquid_escape how) MUST_USE;

/* liquid_compare.c */
bool liquid_compare(struct liquid_run *r, enum liquid_comparison how,
    struct value a, struct value b, bool *out) MUST_USE;
bool liquid_has_content(struct value v); /* false: equals `empty` */
/* For sorting: -1, 0, 1, or LIQUID_NO_ORDER.  Numbers, texts, arrays item by
 * item; other values have no order, but equal ones are 0. */
#define LIQUID_NO_ORDER 2
bool liquid_order(struct liquid_run *r, struct value a, struct value b,
    int *order) MUST_USE;

/* liquid_lookup.c: members and items; nil when there is none. */
struct value liquid_member(struct value of, const struct liquid_key *key);
bool liquid_command(struct liquid_run *r, struct value of,
    const struct liquid_key *key, struct value *out) MUST_USE;
bool liquid_index(struct liquid_run *r, struct value of, struct value index,
    struct value *out) MUST_USE;
/* Item of an array, range or (as [key, value]) object, index in bounds. */
bool liquid_item(struct liquid_run *r, struct value of, int64_t index,
    struct value *out) MUST_USE;
int64_t liquid_item_count(struct value of);
struct value *liquid_variable(struct liquid_run *r, uint32_t number);
struct value liquid_data_find(const struct liquid_data *data, struct str name,
    uint32_t hash);

/* liquid_loop.c */
bool liquid_loop_begin(struct liquid_run *r,
    const struct liquid_for *code) MUST_USE;
bool liquid_loop_next(struct liquid_run *r) MUST_USE;
bool liquid_loop_end(struct liquid_run *r) MUST_USE;

/* liquid_state.c: what tags keep between two runs, and the words `self`. */
void liquid_assign(struct liquid_run *r, uint32_t number, struct value v);
void liquid_clear(struct liquid_run *r, uint32_t first, uint32_t end);
bool liquid_count(struct liquid_run *r,
    const struct liquid_count *count) MUST_USE;
bool liquid_cycle(struct liquid_run *r, const struct liquid_cycle *cycle,
    struct value name) MUST_USE;
bool liquid_changed(struct liquid_run *r, uint32_t state, size_t mark) MUST_USE;
bool liquid_linked(struct liquid_run *r, uint32_t number, size_t mark) MUST_USE;
bool liquid_choose(struct liquid_run *r, const struct liquid_choice *choice,
    struct value name) MUST_USE;
bool liquid_self(struct liquid_run *r, const struct liquid_scope *scope,
    struct value *out) MUST_USE;

#endif
