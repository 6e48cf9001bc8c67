/*
 * audience.h - starts campaigns whose time has come.
 *
 * The audience is frozen in one transaction: content, recipients and leases
 * are there together or not at all, and of several senders that try one
 * does it.  What cannot start is paused with the reason.
 */
#ifndef SENDER_AUDIENCE_H
#define SENDER_AUDIENCE_H

#include "db/db.h"
#include "lib/base/settings.h"

/* Starts one due campaign.  *found: there was one, started or paused. */
bool audience_freeze_due(struct db *db, const struct settings *settings,
    bool *found, struct err *err) MUST_USE;

#endif
