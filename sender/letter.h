/*
 * letter.h - the test message of a campaign, composed for one address.
 *
 * Its delivery is number 0 of the campaign, which nobody of the audience
 * has; its subject is marked, and no link in it unsubscribes anybody.  Works
 * for drafts, too: then the template is taken as it is now.
 */
#ifndef SENDER_LETTER_H
#define SENDER_LETTER_H

#include "sender/parcel.h"

struct letter;

/* Rows of test_campaign, test_recipient, work_accounts, dkim_of_campaign.
 * FAIL_MISSING when there is no such campaign or it has no template. */
bool letter_new(struct letter **out, const struct worker *w,
    int64_t campaign_id, struct str to, const struct db_result *rows,
    struct err *err) MUST_USE;
void letter_free(struct letter *l); /* NULL is fine */
struct smtp_message *letter_message(struct letter *l);

#endif
