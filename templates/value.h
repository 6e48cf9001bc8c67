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
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT,
};

struct value_member;

struct value {
	enum value_type type;
	uint32_t n; /* bytes, items or members */
	union {
		bool boolean;
		int64_t integer;
		double real;
		const char *string;
		const struct value *items;
		const struct value_member *members;
	} u;
};

struct value_member {
	struct str key;
	struct value value;
};

struct value value_nil(void);
struct value value_bool(bool v);
struct value value_int(int64_t v);
struct value value_string(struct str s);
struct value value_object(const struct value_member *members, uint32_t n);
struct str value_text(struct value v); /* a string's bytes, else empty */
bool value_truthy(struct value v);     /* all but nil and false */
struct value value_member(struct value object,
    struct str key); /* nil if none */

/* JSON (RFC 8259) into the arena: own decoder, because one runs per
 * recipient (jansson: 44 MB/s).  Depth <= 32, size <= VALUE_JSON_MAX. Strings without
 * escapes borrow from `json`. */
#define VALUE_JSON_MAX (1U << 20)
bool value_from_json(struct value *out, struct str json, struct arena *a,
    struct err *err) MUST_USE;

#endif
