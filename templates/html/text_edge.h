/*
 * text_edge.h - the breaks that a snippet's blocks ask for around it, so that
 * its text stands apart from what asks for it.
 */
#ifndef TEMPLATES_TEXT_EDGE_H
#define TEMPLATES_TEXT_EDGE_H

#include "templates/html/text_flow.h"

struct text_edges {
	enum gap before, after; /* its first word, its last */
};

struct text_edges text_edges(struct str html);

/* The name of the snippet that a mark puts there; none if it is no such mark
 * or the name is known only to a render. */
struct str text_edges_snippet(struct str mark);

#endif
