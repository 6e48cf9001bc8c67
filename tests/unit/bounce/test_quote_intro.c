/* Goal: introductions of quotations are known in the languages of mail
 * programs, and sentences that only look like one are not. */
#include "bounce/quote_intro.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Each stands with a line below that is not marked as quoted, too. */
static const char *const introductions[] = {
    "On Mon, Feb 1, 2016 at 6:32 PM, Ann <ann@example.test> wrote:\n",
    "On Mon, Feb 1, 2016 at 6:32 PM, Ann <\nann@example.test> wrote:\n",
    "On Mon, Feb 1, 2016 at 6:32 PM,\nAnn <ann@example.test>\nwrote:\n",
    "On 1 Feb 2016, at 18:32, Ann wrote:\n",
    "--- On Mon, 2/1/16, Ann <ann@example.test> wrote:\n",
    "At 6/16/2016 08:32 PM, you wrote:\n",
    "Ann <ann@example.test> writes:\n",
    "Am 01.02.2016 um 18:32 schrieb Ann <ann@example.test>:\n",
    "Am 01.02.2016 um 18:32 schrieb Ann:\n",
    "Ann <ann@example.test> schrieb am Mo., 1. Feb.\n2016 um 18:32 Uhr:\n",
    "Le 1 févr. 2016 à 18:32, Ann <ann@example.test> a écrit :\n",
    "Le lun. 1 févr. 2016 à 18:32, Ann <ann@example.test> a\nécrit :\n",
    "El lun., 1 feb. 2016 a las 18:32, Ann (<ann@example.test>) escribió:\n",
    ("Em seg., 1 de fev. de 2016 às 18:32, Ann <ann@example.test>\n"
     "escreveu:\n"),
    ("Il giorno lun 1 feb 2016 alle ore 18:32 Ann <ann@example.test> ha\n"
     "scritto:\n"),
    "Op ma 1 feb. 2016 om 18:32 schreef Ann <ann@example.test>:\n",
    "Den mån 1 feb. 2016 kl 18:32 skrev Ann <ann@example.test>:\n",
    "Den man. 1. feb. 2016 kl. 18.32 skrev Ann <ann@example.test>:\n",
    "ma 1. helmik. 2016 klo 18.32 Ann (ann@example.test) kirjoitti:\n",
    "pon., 1 lut 2016 o 18:32 Ann <ann@example.test> napisał(a):\n",
    "po 1. 2. 2016 v 18:32 odesílatel Ann <ann@example.test> napsal:\n",
    "пн, 1 февр. 2016 г. в 18:32, Ann <ann@example.test>:\n",
    "01.02.2016 18:32, Ann <ann@example.test> пишет:\n",
    "пн, 1 лют. 2016 р. о 18:32 Ann <ann@example.test> пише:\n",
    "Ann <ann@example.test>, 1 Şub 2016 Pzt, 18:32 tarihinde şunu yazdı:\n",
    "Ann <ann@example.test> ezt írta (időpont: 2016. febr. 1., H, 18:32):\n",
    "În lun., 1 feb. 2016 la 18:32, Ann <ann@example.test> a scris:\n",
    ("Στις Δευ, 1 Φεβ 2016 στις 18:32, ο χρήστης Ann <ann@example.test>\n"
     "έγραψε:\n"),
    "2016年2月1日(月) 18:32 Ann <ann@example.test>:\n",
    "Ann <ann@example.test> 于2016年2月1日周一 18:32写道：\n",
    "Ann <ann@example.test> 於 2016年2月1日 週一 下午6:32寫道：\n",
    "2016년 2월 1일 (월) 오후 6:32, Ann <ann@example.test>님이 작성:\n",
    ("On Thu, 31 Mar 2016 at 11:16 Ann\n\n<\nmailto:Ann <ann@example.test>\n"
     "> wrote:\n"),
};

/* Need the quotation below. */
static const char *const with_quotation[] = {
    "Ann wrote:\n",
    "понедельник, 6 октября г. пользователь Ann написал:\n",
    "2013/7/20 Ann <ann@example.test>\n",
    "2013/7/20 Ann via Long Name of a List\n<ann@example.test>\n",
};

static const char *const sentences[] = {
    "",
    "\n",
    "One question I had in 2016:\n",
    "On this day\n\nI wrote something\n\nwhich was of interest.\n",
    "In 2015 I wrote to you about these points:\n",
    "On 3 May I wrote to them about these points:\n",
    "Here is what I wrote:\n",
    "> On 1 Feb 2016, at 18:32, Ann wrote:\n",
    "Please tell ann@example.test by 18:32 about this:\n",
    "Yes, thank you.\nOn 1 Feb 2016, at 18:32, Ann wrote:\n",
    "Yes\nAnn <ann@example.test> wrote:\n",
};

static void
check(const char *text, const char *below, size_t want)
{
	char all[1024];
	size_t got;

	snprintf(all, sizeof(all), "%s%s", text, below);
	got = quote_intro(str_of(all));
	if (got != want)
		fail_msg("\"%s\": %zu, not %zu", text, got, want);
}

static void
test_introductions(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(introductions); i++) {
		check(introductions[i], "Hi.\n", strlen(introductions[i]));
		check(introductions[i], "\n> Hi.\n", strlen(introductions[i]));
	}
	for (i = 0; i < ARRAY_LEN(with_quotation); i++) {
		check(with_quotation[i], "Hi.\n", 0);
		check(with_quotation[i], "\n> Hi.\n",
		    strlen(with_quotation[i]));
	}
}

static void
test_sentences(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(sentences); i++)
		check(sentences[i], "Hi.\n", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_introductions),
	    cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
