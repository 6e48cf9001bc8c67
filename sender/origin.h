/*
 * origin.h - whether this database is the one that senders know.
 *
 * A dump that was restored elsewhere, or under another name, holds campaigns
 * that are under way or due in the database it was taken from: sending them
 * from the copy too would be a second mail to everybody.  Senders note once
 * which database they work on (system identifier of the cluster, number of
 * the database); in another one they do nothing until `volley migrate
 * --adopt` says that it is the original now.
 *
 *   noticed      a dump, restored in another cluster or in the same one,
 *                whatever its name; CREATE DATABASE ... TEMPLATE; a new
 *                cluster after pg_upgrade
 *   not noticed  a copy of the server's files: a standby that takes over,
 *                which has to go on, and so a base backup, a copied data
 *                folder or a cloned machine, which look the same from inside
 *
 * Names of hosts, addresses and folders do not tell these apart: a failover
 * changes them, a clone need not.  In a copy of files the only guard is
 * time: a start that is later than late_start_s waits for a person; what was
 * running goes on.  Whoever starts such a copy beside the original makes it
 * one that is noticed, before any sender runs:
 *   UPDATE origin SET identity = 'copy'
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
