/* Goal: what the person wrote is kept whole, what was quoted goes. */
#include "bounce/answer_text.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SLOW_MS 2000 /* under ASan on a loaded machine */

static const struct {
	const char *label, *text, *want;
} cases[] = {
    {"nothing", "", ""},
    {"no quotation", "Yes.\nPlease.\n", "Yes.\nPlease."},
    {"introduced", "Yes.\n\nOn 3 May, Ann wrote:\n> Hi.\n", "Yes."},
    {"wrapped introduction",
	"Yes.\n\nOn Mon, Feb 1, 2016 at 6:32 PM, Ann "
	"<a@example.com>\nwrote:\n\n"
	"> Hi.\n",
	"Yes."},
    {"without a date", "Yes.\n\nAnn wrote:\n> Hi.\n", "Yes."},
    {"German", "Ja.\n\nAm 3. Mai schrieb Ann <a@example.com>:\n> Hallo.\n",
	"Ja."},
    {"not marked as quoted", "Oui.\n\nLe 3 mai, Ann a écrit :\n\nBonjour.\n",
	"Oui."},
    {"a signature below", "Yes.\n\nOn 3 May, Ann wrote:\n> Hi.\n\n-- \nBob\n",
	"Yes."},
    {"signature", "Yes.\n-- \nBob\n", "Yes."},
    {"telephone", "Yes.\n\nSent from my telephone\n", "Yes."},
    {"Outlook", "Yes.\n\nFrom: Ann\nSent: Monday\nTo: Bob\n\nHi.\n", "Yes."},
    {"Outlook, a line before",
	"Yes.\n________________________________\nFrom: Ann\nSent: Monday\n\n"
	"Hi.\n",
	"Yes."},
    {"original message", "Yes.\n\n-----Original Message-----\nHi.\n", "Yes."},
    {"quoted without introduction", "Yes.\n\n> Hi.\n> Ho.\n", "Yes."},
    {"answers line by line",
	"On 3 May, Ann wrote:\n> One?\nYes.\n> Two?\nNo.\n",
	"On 3 May, Ann wrote:\n> One?\nYes.\n> Two?\nNo."},
    {"answer below the quotation", "On 3 May, Ann wrote:\n> Hi.\n\nYes.\n",
	"Yes."},
    {"below, unmarked", "On 3 May, Ann <a@b.test> wrote:\n\nHi.\nYes.\n",
	"Hi.\nYes."},
    {"below what nobody introduced", "> Hi.\n\nYes.\n", "> Hi.\n\nYes."},
    {"nothing of one's own", "On 3 May, Ann wrote:\n> Hi.\n", ""},
    {"quotations of nothing",
	"> On 3 May, Ann wrote:\n>> On 2 May, Bob wrote:\n>>\n", ""},
    {"quotations of nothing, wrapped",
	"> On 3 May, Ann\n> <a@b.test> wrote:\n>\n>> On 2 May, Bob\n"
	">> <b@b.test> wrote:\n",
	""},
    {"a greeting above an answer in between",
	"Hi Ann,\nOn 3 May, Ann wrote:\n> One?\nYes.\n",
	"Hi Ann,\nOn 3 May, Ann wrote:\n> One?\nYes."},
    {"a footer below the quotation",
	"Yes.\n\nOn 3 May, Ann wrote:\n> Hi.\n\nScanned for viruses.\n",
	"Yes."},
    {"quoted with bars",
	"Yes.\n\n2013/7/20 Ann <ann@example.test>\n\n"
	"| Hi.\n| Ho.\n",
	"Yes."},
    {"forwarded without a word",
	"---------- Forwarded message ---------\nFrom: Ann <a@b.test>\n"
	"Date: 3 May\nSubject: a long\nsubject\nTo: bob@b.test\n\nHi.\n",
	"Hi."},
    {"forwarded",
	"See below.\n\nBegin forwarded message:\n\n"
	"From: Ann\nSubject: a\nDate: b\n\nHi.\n",
	"See below."},
    {"signed",
	"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nYes.\n\n"
	"-----BEGIN PGP SIGNATURE-----\nabc\n"
	"-----END PGP SIGNATURE-----\n",
	"Yes."},
    {"name", "Yes.\n\n-Ann Other\n\nOn 3 May, Bob wrote:\n> Hi.\n", "Yes."},
    {"a list", "These:\n\n- one\n- two\n", "These:\n\n- one\n- two"},
    {"a list's footer",
	"Yes.\n\n_______________________________\n"
	"list@example.test\n",
	"Yes."},
    {"indented", "    code()\n\nas above\n", "code()\n\nas above"},
    {"only blanks", " \n\t\n \n", ""},
    {"nothing but a quotation", "> Hi.\n", "> Hi."},
    {"a journey", "Our trip:\n\nFrom: Berlin\nTo: Rome\nDate: 3 May\n",
	"Our trip:\n\nFrom: Berlin\nTo: Rome\nDate: 3 May"},
    {"a table", "| a | b |\n| 1 | 2 |\n", "| a | b |\n| 1 | 2 |"},
    {"a colon alone", "I want these:\n\none\ntwo\n",
	"I want these:\n\none\ntwo"},
    {"the word alone", "Here is what I wrote about it:\n\nAll is well.\n",
	"Here is what I wrote about it:\n\nAll is well."},
    {"from within a sentence", "From: that moment on\nall was well.\n",
	"From: that moment on\nall was well."},
    {"a dashed heading", "Prices\n--------------------\n10 each\n",
	"Prices\n--------------------\n10 each"},
};

static void
test_cases(void **state)
{
	struct str got;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		got = answer_text(str_of(cases[i].text));
		if (!str_eq(got, str_of(cases[i].want)))
			fail_msg("%s: '%.*s', not '%s'", cases[i].label,
			    STR_ARG(got), cases[i].want);
	}
}

static const char *const lines[] = {"On 3 May, Ann <a@b.test> wrote:\n",
    "> a\n", "On 3 May 2026 at 18:32\n", "From: a@b.test\n", "--\n",
    "a wrote:\n", ">", "|", " ", "\n", "***\n\n",
    "On 3 May, a@b wrote:\n> a\nb\n", "2026/5/3 a\n", "Sent from my a\n",
    "> On 3 May, Ann <a@b.test> wrote:\n", "a\n"};

/* As much of one thing as a text may be, twice over: it never takes long. */
static void
test_linear(void **state)
{
	struct buf b;
	int64_t before;
	size_t i;

	(void)state;
	buf_init(&b, 1U << 20);
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		buf_reset(&b);
		while (b.n < 128U << 10)
			buf_puts(&b, lines[i]);
		before = clock_mono_ms();
		(void)answer_text(buf_view(&b));
		if (clock_mono_ms() - before > SLOW_MS)
			fail_msg("%lld ms: %s",
			    (long long)(clock_mono_ms() - before), lines[i]);
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
