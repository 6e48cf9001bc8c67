/*
 * sink_record.h - what a sink remembers: a line in its log for every message
 * that it accepted and, when asked for, for events; the first messages as
 * files.
 *
 * Lines are gathered by the thread that owns the record and written with one
 * write a loop turn (and synced, with `sync`), before the replies of that turn
 * leave: what a client was told is in the log, and outlives a kill of the
 * sink.  The log is opened for appending, so several threads (and sinks) may
 * share one.
 *
 * A line's fields have tabs between.  Times are microseconds since 1970,
 * connections count from 1, NUMBER counts the accepted messages of this sink;
 * within a field control octets are blanks, and an empty one is empty.  A
 * message's line begins with a digit, an event's with its name:
 *
 *   TIME FROM TO MESSAGE-ID OCTETS CONNECTION MAIL-TIME NUMBER USER
 *            accepted; TO has commas between several, MAIL-TIME is when MAIL
 *            came, USER logged in
 *   try   TIME CONNECTION MAIL-TIME FROM TO CODE
 *            RCPT was answered; its transaction began at MAIL-TIME; CODE is
 *            empty when there was no reply
 *   lost  TIME CONNECTION NUMBER
 *            this message was accepted, and its reply did not leave whole
 *   login TIME CONNECTION MECHANISM USER CODE
 *   open  TIME CONNECTION
 *   close TIME CONNECTION IN OUT
 *            octets read and written, TLS's not counted
 *   fault TIME CONNECTION STEP ACTION IN OUT
 *            a rule took the place of a reply, or cut the connection
 */
#ifndef TESTS_SINK_RECORD_H
#define TESTS_SINK_RECORD_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum sink_event {
	SINK_EVENT_TRY = 0,
	SINK_EVENT_LOST,
	SINK_EVENT_LOGIN,
	SINK_EVENT_OPEN,
	SINK_EVENT_CLOSE,
	SINK_EVENT_FAULT,
	SINK_EVENT__COUNT
};

struct sink_record {
	int fd;          /* -1: no log */
	unsigned events; /* 1 << enum sink_event */
	bool sync;
	struct buf lines;
	int64_t now_us, now_ms; /* of this turn; ms is the monotonic clock */
};

struct sink_envelope {
	struct str from, to, message_id, user;
	uint64_t bytes;
	long connection, number;
	int64_t mail_us; /* when MAIL came */
};

void sink_record_init(struct sink_record *r, const char *path); /* or dies */
void sink_record_release(struct sink_record *r);                /* flushes */
void sink_record_tell_time(struct sink_record *r);
void sink_record_add(struct sink_record *r, const struct sink_envelope *e);
void sink_record_flush(struct sink_record *r);

/* "try,lost" or "all" */
bool sink_record_parse_events(const char *text, unsigned *events,
    struct err *err) MUST_USE;
bool sink_record_wants(const struct sink_record *r, enum sink_event e);
/* Begins an event's line; fields follow, then the end.  Only for events that
 * are wanted. */
void sink_record_begin(struct sink_record *r, enum sink_event e,
    long connection);
void sink_record_text(struct sink_record *r, struct str field);
void sink_record_number(struct sink_record *r, int64_t n);
void sink_record_end(struct sink_record *r);

/* <folder>/<n>.eml */
void sink_record_dump(const char *folder, long n, struct str message);

#endif
