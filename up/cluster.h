/*
 * cluster.h - the files of a private PostgreSQL: programs that fit, initdb,
 * first settings.
 */
#ifndef UP_CLUSTER_H
#define UP_CLUSTER_H

#include "up/postgres.h"

#define CLUSTER_PATH_MAX (SETTING_TEXT_MAX + 64)

/* "<home>/postgres/<name>"; name "" gives the folder. */
void cluster_path(const struct postgres *pg, const char *name,
    char out[CLUSTER_PATH_MAX]);

/* Fills pg->bin: the programs of the version that made the data, or the
 * newest. */
bool cluster_find_programs(struct postgres *pg, struct err *err) MUST_USE;

/* Where that program is.  It wants to be called by its whole path: it looks
 * for its companions beside itself. */
#define CLUSTER_PROGRAM_MAX (POSTGRES_BIN_MAX + 16)
void cluster_program(const struct postgres *pg, const char *name,
    char out[CLUSTER_PROGRAM_MAX]);

/* Fills pg->user and makes the folder for it. */
bool cluster_make_folder(struct postgres *pg, struct err *err) MUST_USE;

/* Runs initdb when there is no cluster yet; pg->password is its password.
 * Interrupted, it leaves nothing that a next start takes for a cluster. */
bool cluster_make(struct postgres *pg, struct err *err) MUST_USE;

/* Runs argv[0], a program of PostgreSQL, to its end; its words go to
 * server.log. */
bool cluster_run(struct postgres *pg, const char *const argv[],
    const char *const *env, struct err *err) MUST_USE;

/* server.log, for the server's output. */
int cluster_open_log(struct postgres *pg, struct err *err) MUST_USE;

#endif
