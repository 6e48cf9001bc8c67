/*
 * liquid_items.h - what filters that work on lists see: items, and their
 * properties.
 *
 * An array counts with the arrays in it laid out flat, a range with all its
 * numbers, nil as nothing; anything else is the only item of its list.
 */
#ifndef TEMPLATES_LIQUID_ITEMS_H
#define TEMPLATES_LIQUID_ITEMS_H

#include "templates/liquid/liquid_filters.h"

struct liquid_items {
	const struct value *p;
	uint32_t n;
};

bool liquid_items(struct liquid_run *r, struct value of,
    struct liquid_items *out) MUST_USE;

/* Room for n items. */
struct value *liquid_items_room(struct liquid_run *r, size_t n) MUST_USE;

enum liquid_property {
	PROPERTY_FAILED = 0, /* "cannot select the property": the run fails */
	PROPERTY_NONE,       /* the item is of a kind that has none */
	PROPERTY_READ,       /* there may still be nil */
};

/* item[property]: a member of an object, a part or a letter of a text, a bit
 * of a whole number. */
enum liquid_property liquid_property(struct liquid_run *r, struct value item,
    struct value property, struct value *out) MUST_USE;
bool liquid_has_properties(struct value item);

#endif
