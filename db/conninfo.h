/*
 * conninfo.h - where the database is: the setting, else the private
 * PostgreSQL that `volley up` keeps below the state folder.
 */
#ifndef DB_CONNINFO_H
#define DB_CONNINFO_H

#include "lib/base/settings.h"

#define DATABASE_CONNINFO_MAX  2048
#define DATABASE_CONNINFO_FILE "database.conninfo" /* below settings->home */

/* settings->database, else the file's line, else "" (libpq's own
 * environment and defaults). */
bool database_conninfo(const struct settings *settings,
    char out[DATABASE_CONNINFO_MAX], struct err *err) MUST_USE;

#endif
