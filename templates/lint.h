/*
 * lint.h - what will go wrong with a message at the other end, as warnings.
 *
 * Nothing here stops a message: a warning names the rule, the part, line and
 * column, and what to do about it (S-014, S-077).  A warning that is wrong is
 * worse than one that is missing: what Liquid may still put there, and what
 * stands in conditional comments, is given the benefit of the doubt.
 *
 *   broken-template          it does not compile (any more)
 *   gmail-clip               the HTML is longer than Gmail shows
 *   missing-unsubscribe      neither unsubscribe_url nor preferences_url
 *   missing-postal-address   neither postal_address nor <address>
 *   missing-title, missing-lang
 *   missing-alt, image-width, data-image
 *   broken-link, javascript-link
 *   hidden-text              text that nobody sees, but filters do
 *   unclosed-tag, stray-tag
 *   dropped-element, external-css
 *   foreign-mark             a merge field of another program
 *   subject-reply-prefix, subject-length, subject-capitals
 *
 * Warnings about a Markdown body have the line of what they are about if it
 * stands there as it does in the HTML, else none.
 */
#ifndef TEMPLATES_LINT_H
#define TEMPLATES_LINT_H

#include "templates/message.h"

#define LINT_CLIP_BYTES   102400 /* Gmail shows that much of the HTML */
#define LINT_SUBJECT_MAX  100    /* letters; most clients show 40 to 70 */
#define LINT_WARNINGS_MAX 200

struct lint_warning {
	const char *rule; /* "gmail-clip", "missing-alt", ... */
	const char *part; /* as in message_error */
	int line, column; /* 0: the part as a whole */
	char text[200];
};

typedef void lint_fn(const struct lint_warning *warning, void *arg);
void lint_message(const struct message_source *source, lint_fn *fn, void *arg);

/* `volley lint FILE...`: FILE:LINE:COLUMN: rule: text; exit 0 without
 * warnings, 1 with, 2 when a file does not compile or cannot be read. */
struct settings;
int lint_main(int argc, char **argv, const struct settings *settings);

#endif
