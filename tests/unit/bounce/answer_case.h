/*
 * answer_case.h - what a rule says of an answer, for tests.
 */
#ifndef TESTS_ANSWER_CASE_H
#define TESTS_ANSWER_CASE_H

#include "bounce/mime_walk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef const char *answer_rule(const struct inbound_mail *m);

/* Fails where `rule` says something else of it; NULL: nothing. */
static inline void
answer_check(answer_rule *rule, const char *header, const char *subject,
    const char *text, const char *want)
{
	struct inbound_mail m;
	char raw[4096];
	const char *got;

	snprintf(raw, sizeof(raw),
	    "From: ann@example.test\n%sSubject: %s\n"
	    "Content-Type: text/plain; charset=utf-8\n\n%s\n",
	    header, subject, text);
	mime_walk(&m, str_of(raw));
	got = rule(&m);
	if ((got == NULL) != (want == NULL) ||
	    (got != NULL && strcmp(got, want) != 0))
		fail_msg("\"%s\" \"%s\" \"%s\": %s, not %s", header, subject,
		    text, got != NULL ? got : "a person",
		    want != NULL ? want : "a person");
	inbound_mail_release(&m);
}

#endif
