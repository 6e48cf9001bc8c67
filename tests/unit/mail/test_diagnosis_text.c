/* Goal: of a failure's text the words are kept that say why, and nothing that
 * tears them apart or only looks like a reason. */
#include "lib/mail/diagnosis_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *text, *words;
} rows[] = {
    {"", ""},
    {" \r\n\t ", ""},
    {"User  unknown\r\n", "User unknown"},
    {"550 5.1.1 User unknown", "User unknown"},
    {"550-5.1.1 The account\r\n550-5.1.1 that you\r\n550 5.1.1 tried",
	"The account that you tried"},
    {"550-Mailbox unknown. no mailbox with this 550-name",
	"Mailbox unknown. no mailbox with this name"},
    /* numbers that are none of these */
    {"Too many hops 26, 5500 octets, RFC 5322", "Too many hops 26, 5500 "
						"octets, RFC 5322"},
    {"no mailbox (#5.1.1)", "no mailbox (#5.1.1)"},
    /* addresses */
    {"user <u@example.com> unknown", "user unknown"},
    {"user u.v+w@mail.example.com. Unknown", "user Unknown"},
    {"<u@example.com>: Recipient address rejected",
	"Recipient address rejected"},
    {"<u@example.com>... User unknown", "User unknown"},
    {"<u@example.com>...User unknown", "...User unknown"},
    {"RCPT TO:<u@example.com> failed", "RCPT TO: failed"},
    {"user=u@example.com;reason=full", "user=;reason=full"},
    {"(spam@example.com) [u@example.com] 'u@example.com'", ""},
    {"宛先u@example.comは存在しません", "宛先は存在しません"},
    {"meet @ noon, @home, u@", "meet @ noon, @home, u@"},
    /* hosts */
    {"host spam.example.net[192.0.2.1] said: 550 no", "host said: no"},
    {"Client host [192.0.2.1] blocked", "Client host blocked"},
    {"Host unknown", "Host unknown"},
    {"example.net said no", "example.net said no"},
};

static void
only_words_are_kept(void **state)
{
	char out[DIAGNOSIS_TEXT_MAX];
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		n = diagnosis_text(out, str_of(rows[i].text));
		if (!str_eq((struct str){out, n}, str_of(rows[i].words)))
			fail_msg("%s: %.*s", rows[i].text, (int)n, out);
	}
}

static void
the_reply_behind_a_relay_counts(void **state)
{
	static const struct {
		const char *text, *reply;
	} replies[] = {
	    {"5.1.0 - Unknown address error 550-'5.7.1 Access denied' "
	     "(delivery attempts: 0)",
		"5.7.1 Access denied"},
	    {"4.1.0 - Unknown address error 451-'Try again", "Try again"},
	    {"550 it's no one's", "550 it's no one's"},
	    {"550-'", "550-'"},
	    {"-'x", "-'x"},
	    {"", ""},
	};
	struct str reply;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(replies); i++) {
		reply = diagnosis_reply(str_of(replies[i].text));
		if (!str_eq(reply, str_of(replies[i].reply)))
			fail_msg("%s: %.*s", replies[i].text, STR_ARG(reply));
	}
}

static void
a_long_text_ends_at_the_limit(void **state)
{
	static char text[3 * DIAGNOSIS_TEXT_MAX];
	char out[DIAGNOSIS_TEXT_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(diagnosis_text(out, (struct str){text, sizeof(text)}),
	    DIAGNOSIS_TEXT_MAX);
	memset(text, '@', sizeof(text));
	assert_int_equal(diagnosis_text(out, (struct str){text, sizeof(text)}),
	    DIAGNOSIS_TEXT_MAX);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_words_are_kept),
	    cmocka_unit_test(the_reply_behind_a_relay_counts),
	    cmocka_unit_test(a_long_text_ends_at_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
