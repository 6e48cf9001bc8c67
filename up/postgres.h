/*
 * postgres.h - a private PostgreSQL below the state folder.
 *
 *   <home>/postgres/data         its cluster, made by initdb at first
 *   <home>/postgres/socket       its unix socket; a 0700 folder below /tmp
 *                                when that path is too long for one
 *   <home>/postgres/server.log   what it says; one older one is kept
 *   <home>/postgres/port         the loopback port, the same each time
 *                                unless somebody else has it now
 *   <home>/database.password     mode 0600
 *   <home>/database.conninfo     mode 0600; how to connect (libpq)
 *
 * As root it runs through the owner of that folder, at first the user
 * `postgres`, because PostgreSQL refuses to run as root.  Connections need
 * the password (SCRAM), on the socket as on 127.0.0.1.  The cluster is
 * durable (fsync) and its postgresql.conf may be edited.
 */
#ifndef UP_POSTGRES_H
#define UP_POSTGRES_H

#include "db/conninfo.h"
#include "up/spawn.h"

#define POSTGRES_BIN_MAX 256

struct postgres {
	char home[SETTING_TEXT_MAX];
	char bin[POSTGRES_BIN_MAX]; /* folder of its programs */
	struct spawn_user user;
	char password[80];
	char socket[128]; /* folder */
	bool socket_is_temporary;
	int port;
	char conninfo[DATABASE_CONNINFO_MAX];
};

/* Finds or makes the cluster; nothing runs yet.  `home` is absolute. */
bool postgres_open(struct postgres *pg, const char *home,
    struct err *err) MUST_USE;

/* Starts the server.  SIGINT stops it fast, SIGQUIT at once. */
pid_t postgres_start(struct postgres *pg, struct err *err) MUST_USE;

/* Waits until it answers, also through a long recovery; false when it ends
 * instead, or with FAIL_BUSY when we are told to stop.  Makes the database at
 * first. */
bool postgres_wait(struct postgres *pg, pid_t pid, struct err *err) MUST_USE;

/* Removes what is temporary. */
void postgres_release(struct postgres *pg);

#endif
