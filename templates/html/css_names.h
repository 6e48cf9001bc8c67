/*
 * css_names.h - names that style sheets speak of, as numbers from 1.
 */
#ifndef TEMPLATES_CSS_NAMES_H
#define TEMPLATES_CSS_NAMES_H

#include "lib/base/arena.h"

enum css_kind {
	CSS_ELEMENT = '<',  /* any case */
	CSS_PROPERTY = ':', /* any case */
	CSS_CLASS = '.',
	CSS_ID = '#',
};

struct css_name {
	struct str text;
	enum css_kind kind;
	uint32_t number; /* 0: this place is free */
};

struct css_names {
	struct css_name *table; /* in no arena: it grows */
	uint32_t count, size;   /* a power of two */
};

void css_names_release(struct css_names *n);
/* The text is borrowed. */
uint32_t css_names_add(struct css_names *n, enum css_kind kind,
    struct str text);
/* 0: nobody spoke of it. */
uint32_t css_names_find(const struct css_names *n, enum css_kind kind,
    struct str text);

#endif
