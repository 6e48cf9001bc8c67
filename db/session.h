/*
 * session.h - what every session of ours sets first, whatever the server's
 * defaults.
 */
#ifndef DB_SESSION_H
#define DB_SESSION_H

extern const char db_session_setup[];

/* Besides, those that run the same few statements for days (db/link.h): a
 * plan that was made while a table was small reads by keys, too, and so
 * stays good when the table has grown. */
extern const char db_session_keyed[];

#endif
