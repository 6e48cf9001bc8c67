/* Goal: the header that a mail program repeats is known in its language, and
 * a list that somebody wrote is not taken for one. */
#include "bounce/quoted_header.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const headers[] = {
    "-----Original Message-----\n",
    "-----Ursprüngliche Nachricht-----\nVon: Ann\nGesendet: heute\n",
    "----- Forwarded message from Ann -----\n",
    "_______________________________\n",
    "________________________________\nFrom: Ann\nSent: today\n",
    "---\n\nFrom: Ann\nSubject: a\n",
    ">>> Ann <ann@example.test> 5/3/2026 6:32 PM >>>\n",
    "---- On Mon, 1 Feb 2016 Ann <ann@example.test> wrote ----\n",
    ("------------------ 原始邮件 ------------------\n发件人: Ann\n"
     "发送时间: 1\n"),
    "Date: 1\nSubject: a\nFrom: ann@example.test\nTo: Bob\n",
    "Begin forwarded message:\n\nFrom: Ann\nSubject: a\n",
    "Anfang der weitergeleiteten Nachricht:\n\nVon: Ann\nBetreff: a\n",
    "From: Ann\nSent: Monday\nTo: Bob\nSubject: a\n",
    "From: Ann <ann@example.test>\nDate: 1\n",
    "*From:* Ann\n*Sent:* Monday\n*To:* Bob\n",
    "*From: *Ann\n*Date: *1\n*Subject: *a\n",
    "From: Ann\n\nSent: Monday\n\nTo: Bob\n",
    "Von: Ann\nGesendet: Montag\nAn: Bob\nCc: Eve\nBetreff: a\n",
    "De : Ann\nEnvoyé : lundi\nÀ : Bob\nObjet : a\n",
    "De\xc2\xa0: Ann\nEnvoyé\xc2\xa0: lundi\nÀ\xc2\xa0: Bob\n",
    "De: Ann\nEnviado el: lunes\nPara: Bob\nAsunto: a\n",
    "De: Ann\nEnviada em: segunda\nPara: Bob\nAssunto: a\n",
    "Da: Ann\nInviato: lunedi\nA: Bob\nOggetto: a\n",
    "Van: Ann\nVerzonden: maandag\nAan: Bob\nOnderwerp: a\n",
    "Från: Ann\nSkickat: den 5 juni\nTill: Bob\nÄmne: a\n",
    "Fra: Ann\nSendt: mandag\nTil: Bob\nEmne: a\n",
    "Lähettäjä: Ann\nLähetetty: ma\nVastaanottaja: Bob\nAihe: a\n",
    "Od: Ann\nWysłano: pon\nDo: Bob\nTemat: a\n",
    "Od: Ann\nOdesláno: po\nKomu: Bob\nPředmět: a\n",
    "От: Ann\nОтправлено: пн\nКому: Bob\nТема: a\n",
    "Від: Ann\nНадіслано: пн\nКому: Bob\nТема: a\n",
    "Feladó: Ann\nElküldve: h\nCímzett: Bob\nTárgy: a\n",
    "Kimden: Ann\nGönderildi: Pzt\nKime: Bob\nKonu: a\n",
    "Από: Ann\nΣτάλθηκε: Δευ\nΠρος: Bob\nΘέμα: a\n",
    "发件人: Ann\n发送时间: 1\n收件人: Bob\n主题: a\n",
    "差出人: Ann\n送信日時: 1\n宛先: Bob\n件名: a\n",
    "보낸 사람: Ann\n보낸 날짜: 1\n받는 사람: Bob\n제목: a\n",
};

static const char *const others[] = {
    "",
    "Hi.\n",
    "From: that moment on\nall was well.\n",
    "From: Berlin\nTo: Rome\nDate: 3 May\n",
    "To: Rome\nDate: 3 May\n",
    "From: Ann <ann@example.test>\n",
    "> From: Ann\n> Sent: Monday\n> To: Bob\n",
    "--------------------\n10 each\n",
    "---\n",
    "Subject: a\n",
};

static void
check(const char *text, size_t want)
{
	char all[1024];
	size_t got;

	snprintf(all, sizeof(all), "%s\nHi.\n", text);
	got = quoted_header(str_of(all));
	if (got != want)
		fail_msg("\"%s\": %zu, not %zu", text, got, want);
}

static void
test_headers(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(headers); i++)
		check(headers[i], strlen(headers[i]));
}

static void
test_others(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(others); i++)
		check(others[i], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
