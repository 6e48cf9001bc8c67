/*
 * rollup.h - counts what is new since the last time, for the schema `report`.
 *
 * Each source is counted in one transaction: cut short anywhere, it is as if
 * it had not begun.  Two at once wait for each other.  Rows that others write
 * meanwhile are counted now or the next time, and never twice.
 */
#ifndef REPORT_ROLLUP_H
#define REPORT_ROLLUP_H

#include "db/db.h"

enum rollup_source {
	ROLLUP_OUTCOMES = 0, /* attempts and the states of deliveries */
	ROLLUP_EVENTS,       /* what came back, opens, clicks */
	ROLLUP_LISTS,        /* members who came and went */
	ROLLUP__COUNT,
};

const char *rollup_source_name(enum rollup_source source);

/* `rows`: how many were new. */
bool rollup_run(struct db *db, enum rollup_source source, int64_t *rows,
    struct err *err) MUST_USE;

/* After all sources: says of new domains whose they are, and prepares that
 * the next run finds what is new. */
bool rollup_finish(struct db *db, struct err *err) MUST_USE;

#endif
