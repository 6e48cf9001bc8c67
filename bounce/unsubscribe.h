/*
 * unsubscribe.h - does a mail wish for no more mail, and for nothing else
 * (S-076)?
 *
 * Mail programs send one to the mailto: of List-Unsubscribe, with its
 * subject; people answer with the word.  From whom it comes says nothing:
 * that it belongs to a delivery has to be shown before it counts.
 */
#ifndef BOUNCE_UNSUBSCRIBE_H
#define BOUNCE_UNSUBSCRIBE_H

#include "bounce/mime_walk.h"

/* The name of the rule that says so; NULL for any other mail. */
const char *unsubscribe_rule(const struct inbound_mail *m);

#endif
