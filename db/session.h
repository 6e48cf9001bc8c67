/*
 * session.h - what every session of ours sets first, whatever the server's
 * defaults.
 */
#ifndef DB_SESSION_H
#define DB_SESSION_H

extern const char db_session_setup[];

#endif
