/* Goal: signatures are told from text, in many languages. */
#include "bounce/signature.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const mobile[] = {
    "Sent from my iPhone",
    "Sent from my Verizon Wireless 4G LTE smartphone",
    "Sent from Mail for Windows 10",
    "Sent from Yahoo Mail on Android",
    "Sent via the Samsung Galaxy S9",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Von meinem iPhone gesendet",
    "Gesendet von Mail für Windows",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon appareil Samsung",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Verzonden vanaf mijn iPhone",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "Отправлено с iPhone",
    "Надіслано з iPhone",
    "Trimis de pe iPhone-ul meu",
    "iPhone'umdan gönderildi",
    "Στάλθηκε από το iPhone μου",
    "iPhoneから送信",
    "发自我的 iPhone",
    "從我的 iPhone 傳送",
    "나의 iPhone에서 보냄",
    "  Sent from my iPhone. ",
};

static const char *const sentences[] = {
    "",
    "Sent from a magnificent torch of pixels",
    "Sent from my desk, which is easier than a telephone.",
    "Sent from my side are five parcels that you will have by tomorrow",
    "It was sent from my iPhone",
    "Gesendet",
};

static void
test_mobile(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(mobile); i++)
		if (!signature_is_mobile(str_of(mobile[i])))
			fail_msg("not known: %s", mobile[i]);
	for (i = 0; i < ARRAY_LEN(sentences); i++)
		if (signature_is_mobile(str_of(sentences[i])))
			fail_msg("no signature: %s", sentences[i]);
}

static void
test_begins(void **state)
{
	(void)state;
	assert_true(signature_begins(STR("-- \nAnn\n"), false));
	assert_true(signature_begins(STR("--\nAnn\n"), false));
	assert_true(signature_begins(STR("\xe2\x80\x94\nAnn\n"), false));
	assert_true(signature_begins(STR("\xe1\x90\xa7\nAnn\n"), false));
	assert_true(signature_begins(STR("___\nAnn\n"), true));
	assert_true(signature_begins(STR("Sent from my iPhone\n"), false));
	assert_false(signature_begins(STR("-- Ann\n"), true));
	assert_false(signature_begins(STR("___\nAnn\n"), false));
	assert_false(signature_begins(STR("***\n1\n2\n3\n4\n5\n6\n7\n"), true));
	assert_true(
	    signature_begins(STR("***\n1\n2\n> 3\n4\n5\n6\n7\n8\n"), true));
	assert_false(signature_begins(STR("\nAnn\n"), true));
}

static void
check_name(const char *text, const char *want)
{
	struct str got = signature_drop_name(str_of(text));

	if (!str_eq(got, str_of(want)))
		fail_msg("'%.*s', not '%s'", STR_ARG(got), want);
}

static void
test_name(void **state)
{
	(void)state;
	check_name("Yes.\n\n-Ann", "Yes.");
	check_name("Yes.\n \n-Ann Other", "Yes.");
	check_name("Yes.\n-Ann", "Yes.\n-Ann");
	check_name("Yes.\n\n- Ann", "Yes.\n\n- Ann");
	check_name("Yes.\n\n-eggs", "Yes.\n\n-eggs");
	check_name("Yes.\n\n-Ann and all of us", "Yes.\n\n-Ann and all of us");
	check_name("-Ann", "-Ann");
	check_name("", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mobile),
	    cmocka_unit_test(test_begins),
	    cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
