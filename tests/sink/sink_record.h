/*
 * sink_record.h - what a sink remembers: a line in its log for every message
 * that it accepted, and the first messages as files.
 *
 * Lines are gathered by the thread that owns the record and written with one
 * write a loop turn, before the replies of that turn leave: what a client was
 * told is in the log.  The log is opened for appending, so several threads
 * (and sinks) may share one.
 */
#ifndef TESTS_SINK_RECORD_H
#define TESTS_SINK_RECORD_H

#include "lib/base/buf.h"

struct sink_record {
	int fd; /* -1: no log */
	struct buf lines;
	int64_t now_us; /* of this turn */
};

struct sink_envelope {
	struct str from, to, message_id;
	uint64_t bytes;
	long connection;
	int64_t mail_us; /* when MAIL came */
};

void sink_record_init(struct sink_record *r, const char *path); /* or dies */
void sink_record_release(struct sink_record *r);                /* flushes */
void sink_record_add(struct sink_record *r, const struct sink_envelope *e);
void sink_record_flush(struct sink_record *r);

/* <folder>/<n>.eml */
void sink_record_dump(const char *folder, long n, struct str message);

#endif
