/*
 * utm.h - campaign parameters of a link: utm_source and its like, behind
 * what the URL has and before its #fragment.
 *
 * A parameter that the author gave is left as it is; values are
 * percent-encoded.
 */
#ifndef TEMPLATES_UTM_H
#define TEMPLATES_UTM_H

#include "lib/base/buf.h"
#include "templates/message.h"

bool utm_is_empty(const struct message_utm *utm);

/* A finished URL. */
void utm_add(struct buf *out, struct str url, const struct message_utm *utm);
/* The value of an href as written in a template: with entities and marks.
 * Outputs in it are taken for parts of the path or of a value. */
void utm_add_href(struct buf *out, struct str value,
    const struct message_utm *utm);

#endif
