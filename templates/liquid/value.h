/*
 * value.h - what a template works on: a tagged union that borrows.
 *
 * Strings, arrays and objects point into an arena or into text that outlives
 * the render.  Copying a value copies no data.  Objects keep the order of
 * their keys; looking up is linear up to eight members, hashed beyond.
 */
#ifndef TEMPLATES_VALUE_H
#define TEMPLATES_VALUE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

enum value_type {
	VALUE_NIL = 0,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_BIG, /* a whole number beyond 64 bits */
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT,
	VALUE_RANGE, /* whole numbers that are never laid out */
	VALUE_DROP,  /* an object whose members are computed: forloop */
	VALUE_EMPTY, /* compared with `empty`: equals what has no content */
	VALUE_BLANK, /* compared with `blank`: that, and nil and false */
};

struct value_member;
struct value_drop;

/* Both ends belong to it; nothing when first > last. */
struct value_range {
	int64_t first, last;
};

struct value {
	enum value_type type : 8;
	bool own : 1;      /* a string of the template's own: no data in it */
	bool encoded : 1;  /* a string that stands anywhere in a URL */
	bool safe : 1;     /* a string that needs no escaping any more */
	bool indexed : 1;  /* an object whose hash index stands before it */
	bool negative : 1; /* a VALUE_BIG below zero */
	uint32_t n;        /* bytes, items, members or limbs */
	union {
		bool boolean;
		int64_t integer;
		double real;
		const uint64_t *limbs; /* lowest first; see value_number.h */
		const char *string;
		const struct value *items;
		const struct value_member *members;
		const struct value_range *range;
		const struct value_drop *drop;
	} u;
};

struct value_member {
	struct str key;
	struct value value;
};

/* First member of what computes its members; nil for unknown keys. */
struct value_drop {
	struct value (*member)(const struct value_drop *drop, struct str key);
	const char *name; /* how it is shown */
};

struct value value_nil(void);
struct value value_bool(bool v);
struct value value_int(int64_t v);
struct value value_float(double v);
struct value value_string(struct str s);
struct value value_array(const struct value *items, uint32_t n);
struct value value_object(const struct value_member *members, uint32_t n);
struct str value_text(struct value v); /* a string's bytes, else empty */
bool value_truthy(struct value v);     /* all but nil and false */
struct value value_member(struct value object,
    struct str key); /* nil if none */

/* The same with the key's hash at hand; NULL if none. */
uint32_t value_hash(struct str key);
const struct value *value_find(struct value object, struct str key,
    uint32_t hash);

/* Copies members into the arena, of equal keys the last value at the first
 * place; with an index when there are many.  False: the arena is full. */
#define VALUE_MEMBERS_MAX 4096
bool value_build(struct value *out, const struct value_member *members,
    uint32_t n, struct arena *a) MUST_USE;

/* JSON (RFC 8259) into the arena: own decoder, because one runs per
 * recipient (jansson: 44 MB/s).  Depth <= VALUE_DEPTH_MAX, members of an
 * object <= VALUE_MEMBERS_MAX, size <= VALUE_JSON_MAX.  Strings without
 * escapes borrow from `json`; all are valid UTF-8.  Of equal keys the last
 * one counts.  Whole numbers have up to VALUE_DIGITS_MAX digits, others
 * become floats; those that are too large for a float are refused. */
#define VALUE_JSON_MAX   (1U << 20)
#define VALUE_DEPTH_MAX  32
#define VALUE_DIGITS_MAX 2000 /* of a whole number */
bool value_from_json(struct value *out, struct str json, struct arena *a,
    struct err *err) MUST_USE;

#endif
