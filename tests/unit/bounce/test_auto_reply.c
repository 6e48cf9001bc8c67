/* Goal: machines are told from people, in many languages, and people never
 * taken for machines. */
#include "bounce/auto_reply.h"

#include "tests/unit/bounce/answer_case.h"

static void
check(const char *header, const char *subject, const char *text,
    const char *want)
{
	answer_check(auto_reply_rule, header, subject, text, want);
}

static void
test_header(void **state)
{
	static const struct {
		const char *header, *rule;
	} rows[] = {
	    {"Auto-Submitted: auto-replied\n", "auto-submitted"},
	    {"auto-submitted: Auto-Replied (vacation)\n", "auto-submitted"},
	    {"Auto-Submitted: auto-generated\n", "auto-submitted"},
	    {"X-Autoreply: yes\n", "auto-reply-field"},
	    {"X-Autorespond: a\n", "auto-reply-field"},
	    {"X-Apple-Action: VACATION\n", "auto-reply-field"},
	    {"X-Mailer: vacation 1.2\n", "auto-reply-field"},
	    {"Precedence: auto_reply\n", "precedence"},
	    {"Precedence: bulk\n", "precedence"},
	    {"Precedence: Junk\n", "precedence"},
	    {"Return-Path: <>\n", "null-return-path"},
	    {"Auto-Submitted: no\n", NULL},
	    {"Auto-Submitted: no\nX-Autoreply: yes\n", NULL},
	    {"X-Autoreply: no\n", NULL},
	    {"X-Auto-Response-Suppress: All\n", NULL},
	    {"X-Auto-Response-Suppress: OOF, AutoReply\n", NULL},
	    {"Return-Path: <ann@example.test>\n", NULL},
	    {"Precedence: first-class\n", NULL},
	    {"X-Mailer: iPhone Mail (18A)\n", NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		check(rows[i].header, "Re: News", "Yes.", rows[i].rule);
	check("Auto-Submitted: no\n", "Automatic reply: a", "Yes.", NULL);
}

static void
test_subjects(void **state)
{
	static const char *const machines[] = {
	    "Automatic reply: News",
	    "Out of Office: News",
	    "Auto-Reply",
	    "AUTO: Ann Other is out of the office (returning 05/01)",
	    "[Auto-Reply] News",
	    "Ann Other is out of the office.",
	    "Ann Other/Example is out of the office (returning 05/01)",
	    "Automatische Antwort: News",
	    "Abwesenheitsnotiz",
	    "Abwesend: News",
	    "Réponse automatique : News",
	    "Message d'absence",
	    "Respuesta automática: News",
	    "Fuera de la oficina: News",
	    "Risposta automatica: News",
	    "Resposta automática: News",
	    "Automatisch antwoord: News",
	    "Afwezig: News",
	    "Autosvar: News",
	    "Automatiskt svar: News",
	    "Frånvarande: News",
	    "Fravær: News",
	    "Automaattinen vastaus: News",
	    "Odpowiedź automatyczna: News",
	    "Automatická odpověď: News",
	    "Automatická odpoveď: News",
	    "Automatikus válasz: News",
	    "Răspuns automat: News",
	    "Автоматический ответ: News",
	    "АВТООТВЕТ",
	    "Автоматична відповідь: News",
	    "Автоматичен отговор: News",
	    "Αυτόματη απάντηση: News",
	    "Otomatik yanıt: News",
	    "自動返信: News",
	    "自動応答: News",
	    "自动回复: News",
	    "自動回覆: News",
	    "자동 회신: News",
	    "תשובה אוטומטית: News",
	    "رد تلقائي: News",
	    "Trả lời tự động: News",
	    "การตอบกลับอัตโนมัติ: News",
	    "=?utf-8?q?R=C3=A9ponse_automatique_=3A_News?=",
	    "=?iso-8859-1?q?R=E9ponse_automatique?= : News",
	    "=?utf-8?B?0JDQstGC0L7QvtGC0LLQtdGC?=",
	};
	static const char *const people[] = {"Re: News",
	    "Re: Automatic reply: News", "AW: Abwesenheitsnotiz", "Auto: Preis",
	    "My absence next week", "Absence de réponse", "Out of stock?",
	    "Vacation plans", "Urlaub im Mai", "",
	    "Automatic doors: a question", "AUTO: Volvo zu verkaufen",
	    "AUTO: Ann Other", "Out of office furniture",
	    "Out-of-office days of our team", "Out of the office chairs"};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(machines); i++)
		check("", machines[i], "Hello.", "subject");
	for (i = 0; i < ARRAY_LEN(people); i++)
		check("", people[i], "Hello.", NULL);
}

/* A subject that says little, and a text that says the rest. */
static void
test_subject_and_text(void **state)
{
	static const char *const subjects[] = {"AUTO: Ann Other",
	    "AUTO: Ann Other ist abwesend", "Out of office next week",
	    "Away from my desk until noon"};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(subjects); i++)
		check("", subjects[i], "I am out of the office until Monday.",
		    "subject");
	check("", "AUTO: Ann Other ist abwesend", "Hello.", "subject");
	check("", "Out of office next week", "This is an automatic reply.",
	    "subject");
	check("", "Out of office next week?", "Can we talk on Monday instead?",
	    NULL);
}

static void
test_texts(void **state)
{
	static const char *const absent[] = {
	    "Thank you for your message. I am out of the office until Monday.",
	    "I'm on vacation. For urgent matters please call Bob.",
	    "Vielen Dank für Ihre Nachricht. Ich bin bis 3. Mai nicht im Büro.",
	    "Je suis absent jusqu'au 3 mai. En cas d'urgence, appelez Bob.",
	    "Estoy fuera de la oficina. En caso de urgencia llame a Bob.",
	    "Sono in ferie. In caso di urgenza chiamare Bob.",
	    "Obrigado pelo seu e-mail. Estou de férias.",
	    "Bedankt voor uw bericht. Ik ben op vakantie.",
	    "Tack för ditt mejl. Jag är på semester.",
	    "Tak for din mail. Jeg er på ferie.",
	    "Dziękuję za wiadomość. Jestem na urlopie.",
	    "Děkuji za zprávu. Jsem na dovolené.",
	    "Спасибо за письмо. Я в отпуске.",
	    "ただいま休暇中です。お急ぎの方はボブまで。",
	};
	static const char *const automatic[] = {
	    "This is an automated response to your message.",
	    "Dies ist eine automatische Antwort.",
	    "Ceci est une réponse automatique.",
	    "Esta es una respuesta automática.",
	    "Questa è una risposta automatica.",
	    "Это автоматический ответ.",
	    "これは自動返信です。",
	};
	static const char *const people[] = {
	    "I am out of the office until Monday, so next week is fine.",
	    "Thank you for your message. Yes, please.",
	    "Wir sind im Urlaub, danach gern.",
	    "Is your press automatic?",
	    "Yes.\n\nOn 3 May 2026, News <news@example.test> wrote:\n"
	    "> This is an automated message.",
	    "Thank you for your message, I am on vacation.\n\n"
	    "On 3 May 2026, News <news@example.test> wrote:\n> Hello.",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(absent); i++)
		check("", "Re: News", absent[i], "says-absent");
	for (i = 0; i < ARRAY_LEN(automatic); i++)
		check("", "Re: News", automatic[i], "says-automatic");
	for (i = 0; i < ARRAY_LEN(people); i++)
		check("", "Re: News", people[i], NULL);
}

static void
test_left(void **state)
{
	(void)state;
	check("Auto-Submitted: auto-replied\n", "Re: News",
	    "Ann no longer works here.", "left-the-company");
	check("", "Automatische Antwort: News",
	    "Frau Other ist nicht mehr im Unternehmen.", "left-the-company");
	check("", "Re: News", "Ann no longer works here.", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_subjects),
	    cmocka_unit_test(test_subject_and_text),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_left),
	};

	mime_walk_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
