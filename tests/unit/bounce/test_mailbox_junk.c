/* Which folder is the one for spam. */
#include "bounce/mailbox_junk.h"

#include "bounce/imap_session.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int
likeness(const char *name, unsigned use)
{
	const struct imap_folder folder = {use, str_of(name)};

	return mailbox_junk_likeness(&folder);
}

static void
test_marks_and_names(void **state)
{
	static const char *const names[] = {"Junk", "SPAM", "Junk E-mail",
	    "Bulk Mail", "INBOX/Spam", "inbox.Junk"};
	static const char *const others[] = {"", "INBOX", "INBOX.", "Junkyard",
	    "Spam/2024", "Shared/ann/Junk", "Archive.Spam", "INBOXSpam",
	    "Sent"};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(names); i++) {
		assert_true(likeness(names[i], 0) > 0);
		assert_true(likeness("whatever", IMAP_FOLDER_JUNK) >
			    likeness(names[i], 0));
		assert_int_equal(likeness(names[i], IMAP_FOLDER_NOSELECT), 0);
	}
	for (i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(likeness(others[i], 0), 0);
	assert_int_equal(
	    likeness("Junk", IMAP_FOLDER_JUNK | IMAP_FOLDER_NOSELECT), 0);
	assert_int_equal(likeness("All", IMAP_FOLDER_ALL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_marks_and_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
