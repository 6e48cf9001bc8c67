/*
 * letter.h - one message for a test, composed for one address: the test
 * message of a campaign, or the message of an account's self-test.
 *
 * Of a campaign: its delivery is number 0 of the campaign, which nobody of the audience
 * has; its subject is marked, and no link in it unsubscribes anybody.  It has
 * what the account's other mail has (`verp`, `one_click`).  Works for drafts,
 * too: then the template is taken as it is now.
 *
 * Of a self-test: everything that the header of a campaign's message has, as
 * if nothing were known of the account; its delivery is of no campaign.
 */
#ifndef SENDER_LETTER_H
#define SENDER_LETTER_H

#include "sender/parcel.h"
#include "sender/relay_row.h"

struct letter;

struct letter_order {
	int64_t campaign_id;
	struct str to;
	const struct relay_row *row; /* through which it goes */
};

/* Rows of test_campaign, of which there is one, test_recipient, work_accounts,
 * dkim_of_campaign.  FAIL_MISSING when it has no template. */
bool letter_new(struct letter **out, const struct worker *w,
    const struct letter_order *what, const struct db_result *rows,
    struct err *err) MUST_USE;
/* Rows of self_test_letter and dkim_of_self_test. */
bool letter_new_self_test(struct letter **out, const struct worker *w,
    int64_t task, const struct db_result *rows, struct err *err) MUST_USE;
void letter_free(struct letter *l); /* NULL is fine */
struct smtp_message *letter_message(struct letter *l);
/* Of a self-test, what to look for where it arrives: {"token", "return_path", "message_id",
 * "from", "list_unsubscribe", "list_unsubscribe_post"}. */
struct str letter_sent(const struct letter *l);

#endif
