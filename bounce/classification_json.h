/*
 * classification_json.h - a classification as one JSON object, for people
 * and programs that look at single mails.
 *
 *   {"file","class","rule","feedback_type","reply_text",
 *    "recipients":[{"address","original","action","type","category","status",
 *                   "reply_code","diagnostic","rule"}]}
 *
 * What there is none of is null; a reply_code is a number.
 */
#ifndef BOUNCE_CLASSIFICATION_JSON_H
#define BOUNCE_CLASSIFICATION_JSON_H

#include "bounce/classify.h"
#include "lib/base/buf.h"

/* As much as one object can need: its text is cut so that it fits. */
#define CLASSIFICATION_JSON_MAX (4U << 20)

/* Appends the object, without a line end. */
void classification_json(struct buf *out, struct str file,
    const struct classification *c, const struct inbound_mail *m);

#endif
