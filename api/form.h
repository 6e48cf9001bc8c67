/*
 * form.h - a field of an HTML form that was sent, in both encodings:
 * application/x-www-form-urlencoded and multipart/form-data (RFC 7578).
 *
 * For small forms: the text is walked once a field.  Values are UTF-8
 * without control bytes; a field that is not, and anything that is no form,
 * reads as absent.  Files and nested parts are not looked for.
 */
#ifndef API_FORM_H
#define API_FORM_H

#include "lib/base/arena.h"
#include "lib/base/str.h"

/* The first field of that name, decoded into the arena; STR_NONE if none.
 * `type` is the whole Content-Type; without one, urlencoded is meant. */
struct str form_field(struct arena *a, struct str type, struct str body,
    const char *name);

#endif
