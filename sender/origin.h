/*
 * origin.h - whether this database is the one that senders know.
 *
 * A dump that was restored elsewhere, or under another name, holds campaigns
 * that are under way or due in the database it was taken from: sending them
 * from the copy too would be a second mail to everybody.  Senders note once
 * which database they work on (system identifier of the cluster, number of
 * the database); in another one they do nothing until `volley migrate
 * --adopt` says that it is the original now.  A standby that takes over has
 * the same identity, and so has a copy of the server's files.
 */
#ifndef SENDER_ORIGIN_H
#define SENDER_ORIGIN_H

#include "db/db.h"

#define ORIGIN_HELP                                                           \
	"this database is a copy of the one that senders worked on: nothing " \
	"is sent until `volley migrate --adopt` makes it the original"

/* Notes it if nobody has.  false: the database failed. */
bool origin_note(struct db *db, struct err *err) MUST_USE;
bool origin_check(struct db *db, bool *ours, struct err *err) MUST_USE;

#endif
