/*
 * content_freeze.h - a starting campaign's content put aside: template,
 * layout, the snippets that it uses, attachments, and where its links lead.
 *
 * From then on nobody changes what the campaign sends by changing, or
 * deleting, any of them.
 */
#ifndef SENDER_CONTENT_FREEZE_H
#define SENDER_CONTENT_FREEZE_H

#include "db/db.h"

/* Within the transaction that starts it; after a failure that has to be
 * rolled back.  FAIL_INPUT: the template has an error, which is told. */
bool content_freeze(struct db *db, int64_t campaign_id,
    const char *postal_address, struct err *err) MUST_USE;

#endif
