/*
 * notice_format.h - programs whose notifications are known by their words.
 *
 * A row says how a format is recognised and behind which words its
 * recipients stand; everything else is read alike (notice.h).  Formats of
 * which the general rules get everything have a row only for their name.
 */
#ifndef BOUNCE_NOTICE_FORMAT_H
#define BOUNCE_NOTICE_FORMAT_H

#include "lib/base/str.h"

struct notice_format {
	const char *name;  /* as a rule: "notice-qmail" */
	const char *words; /* in its text, lower case */
	const char *list;  /* its recipients stand behind this, or NULL */
};

/* Never NULL: what no row fits has a row of its own, "notice". */
const struct notice_format *notice_format_of(struct str text);

#endif
