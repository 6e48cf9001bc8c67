/* Goal: every rule of diagnosis.rules is reached by what servers say, and
 * every phrase of it decides something. */
#include "lib/mail/diagnosis_rules.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static enum phase
a_phase_of(const struct text_rule *r)
{
	if (r->phases & REPORT)
		return PHASE_REPORT;
	if (r->phases & IN(RCPT))
		return PHASE_RCPT;
	assert_int_equal(r->phases, SIGNING_IN);
	return PHASE_AUTH;
}

/* A phrase that another rule always takes first is a mistake: in the order
 * of the rules, or in what somebody thought that it means. */
static void
every_phrase_decides_when_it_stands_alone(void **state)
{
	const struct text_rule *r;
	struct diagnosis d;
	struct failure f;
	size_t i, wrong = 0;

	(void)state;
	for (i = 0; i < text_phrase_count; i++) {
		r = &text_rules[text_phrase_rules[i]];
		f = (struct failure){a_phase_of(r), r->class == 4 ? 450 : 550,
		    {0, 0, 0}, str_of(text_phrases[i])};
		d = diagnose(&f);
		if (strcmp(d.rule, r->name) == 0)
			continue;
		wrong++;
		print_error("%s of %s: %s\n", text_phrases[i], r->name, d.rule);
	}
	assert_true(text_phrase_count > 1000);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_phrase_decides_when_it_stands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
