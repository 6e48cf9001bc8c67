/*
 * read_back_report.h - what became of the message of a self-test on its way
 * (S-062): what was sent, held against the header as it arrived.
 *
 * What the report says is as the reading host tells it.  All texts belong to
 * the arena or to what was given.
 */
#ifndef BOUNCE_READ_BACK_REPORT_H
#define BOUNCE_READ_BACK_REPORT_H

#include "bounce/mail_trace.h"
#include "lib/base/buf.h"

#define READ_BACK_STEPS_MAX 8
#define READ_BACK_VALUE_MAX 300 /* of a header, in a report */

/* As it was sent. */
struct read_back_sent {
	struct str token;
	struct str return_path; /* no angle brackets */
	struct str message_id, from, list_unsubscribe, list_unsubscribe_post;
};

/* How it arrived. */
struct read_back_arrival {
	struct str header; /* block of fields */
	struct str folder;
	int64_t after_ms; /* it was sent */
};

enum read_back_finding { NOT_TOLD = 0, KEPT, CHANGED };

struct read_back_step {
	const char *name;
	bool ok;
	struct str detail;
};

struct read_back_report {
	enum read_back_finding return_path, message_id, from, list;
	struct mail_trace trace;
	bool verp;      /* the envelope sender may carry a token */
	bool one_click; /* RFC 8058: kept, and covered by a signature */
	struct read_back_step steps[READ_BACK_STEPS_MAX];
	int step_count;
};

/* The message of that token, and no report about it. */
bool read_back_is_it(struct str header, struct str token, struct arena *a);
void read_back_report(struct read_back_report *r,
    const struct read_back_sent *sent, const struct read_back_arrival *arrival,
    struct arena *a);
/* For the account: the findings, its features, and as warnings what the steps
 * that failed say. */
void read_back_report_json(const struct read_back_report *r,
    const struct read_back_arrival *arrival, struct buf *out);

#endif
