/*
 * provider.h - which domains are one mail service behind the scenes.
 *
 * Services count and slow down what comes from us over all of their domains,
 * so limits and pace belong to the group: "gmail" for gmail.com and
 * googlemail.com.  A domain that is nobody's is a group of its own.  Where a
 * company's own domain is hosted cannot be seen from its name.
 *
 * The table is data: rows of exact names, and families as "hotmail.*", which
 * mean the name under a country's or a general ending (hotmail.fr,
 * hotmail.co.uk) and nothing deeper.
 */
#ifndef MAIL_PROVIDER_H
#define MAIL_PROVIDER_H

#include "lib/base/str.h"

/* The group of a domain in lower-case A-labels: a static name without a dot,
 * or the domain itself, borrowed. */
struct str provider_group(struct str domain);
/* Whether that is the name of a group of several domains. */
bool provider_is_group(struct str name);
/* Of an address in the form of its key: what stands behind the last '@'. */
struct str provider_group_of(struct str address);

#endif
