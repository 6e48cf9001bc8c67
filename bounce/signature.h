/*
 * signature.h - where a writer's signature begins, or what a telephone adds:
 * "-- ", a line of signs, "Sent from my ...", "-Ann" at the end.
 */
#ifndef BOUNCE_SIGNATURE_H
#define BOUNCE_SIGNATURE_H

#include "lib/base/str.h"

#define SIGNATURE_LINES 6 /* below a line of signs: more is text */

/* `rest` begins with a signature; `above_blank`: the line above is blank. */
bool signature_begins(struct str rest, bool above_blank);
/* What a telephone or a mail program says of itself, in many languages. */
bool signature_is_mobile(struct str line);
/* Without "-Ann" as its last paragraph. */
struct str signature_drop_name(struct str text);

#endif
