/* Goal: the wish for no more mail is known in many languages when it is all
 * that a mail says. */
#include "bounce/unsubscribe.h"

#include "tests/unit/bounce/answer_case.h"

#define TOKEN "aabbccddeeffgghhiijjkkllmmnnooppqq"

static const char *const wishes[] = {"unsubscribe", "Unsubscribe.", "STOP!",
    "Please unsubscribe me", "remove me", "Abmelden", "Bitte abmelden!",
    "abbestellen", "Se désabonner", "Désinscription", "Darme de baja", "BAJA",
    "Cancellami", "Descadastrar", "Cancelar inscrição", "Uitschrijven",
    "Afmelden", "Avregistrera", "Afmeld", "Meld meg av", "Peruuta tilaus",
    "Wypisz mnie", "Odhlásit", "Odhlásiť", "Leiratkozás", "Dezabonare",
    "ОТПИСАТЬСЯ", "Відписатися", "Abonelikten çık", "Διαγραφή", "配信停止",
    "退订", "取消訂閱", "수신거부", "הסר", "إلغاء الاشتراك"};

static const char *const others[] = {"", "Yes.", "How do I unsubscribe?",
    "Do not unsubscribe me", "unsubscribe bob too",
    "Please stop the machine on Monday.",
    "unsubscribe\n\nand tell me where you have my address from"};

static void
check(const char *subject, const char *text, const char *want)
{
	answer_check(unsubscribe_rule, "", subject, text, want);
}

static void
test_wishes(void **state)
{
	size_t i;
	char text[1024];

	(void)state;
	for (i = 0; i < ARRAY_LEN(wishes); i++) {
		check(wishes[i], "Sent by a program.", "unsubscribe-subject");
		check("Re: News", wishes[i], "unsubscribe-text");
		snprintf(text, sizeof(text),
		    "%s\n\nOn 3 May 2026, News <news@example.test> wrote:\n"
		    "> Hello.\n\n-- \nAnn\n",
		    wishes[i]);
		check("Re: News", text, "unsubscribe-text");
	}
	check("unsubscribe " TOKEN, "", "unsubscribe-subject");
}

static void
test_others(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(others); i++) {
		check("Re: News", others[i], NULL);
		check("Re: unsubscribe", others[i], NULL);
	}
	check("News",
	    "Yes.\n\nOn 3 May 2026, News <news@example.test> wrote:\n"
	    "> unsubscribe",
	    NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wishes),
	    cmocka_unit_test(test_others),
	};

	mime_walk_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
