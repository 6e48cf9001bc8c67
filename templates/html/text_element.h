/*
 * text_element.h - what an HTML element does to the plain text around it.
 */
#ifndef TEMPLATES_TEXT_ELEMENT_H
#define TEMPLATES_TEXT_ELEMENT_H

#include "templates/html/text_flow.h"

enum text_effect {
	TEXT_INLINE = 0, /* no break */
	TEXT_LINE,       /* a line of its own */
	TEXT_PARAGRAPH,  /* with an empty line around it */
	TEXT_CELL,       /* a blank behind it */
	TEXT_BREAK,      /* <br> */
	TEXT_RULE,       /* <hr> */
	TEXT_ITEM,       /* <li> */
	TEXT_LIST,       /* <ul>, <ol> */
	TEXT_PRE,        /* <pre>: line ends count */
	TEXT_LINK,       /* <a> */
	TEXT_IMAGE,      /* <img> */
};

/* By its name, in any case; TEXT_INLINE for what is not known. */
enum text_effect text_effect_of(struct str name);
/* The break that it asks for on both sides. */
enum gap text_effect_gap(enum text_effect effect);

#endif
