/*
 * pace.h - when to come back to a mailbox that was closed, and when not to
 * (R-003, R-018).
 *
 * A connection that had come to rest and went away without a word is opened
 * again after about 1, 6 and 24 seconds, at most so every ten minutes.
 * Otherwise the pauses are those of imap_backoff.h, which start anew after a
 * connection that held for five minutes, or that brought something and was
 * not refused more.  What waiting alone does
 * not mend - the password, the certificate, the folder - is tried three
 * times: at once where these settings have never worked, because a person
 * has just made them, and else with the usual pauses.  What cannot be tried
 * at all is not tried again.
 */
#ifndef BOUNCE_PACE_H
#define BOUNCE_PACE_H

#include "bounce/imap_backoff.h"
#include "lib/base/err.h"

#define PACE_TRIES_MAX      3
#define PACE_SLIP_MS        1000 /* times how many there were */
#define PACE_SETTLED_MS     300000
#define PACE_QUICK_MS       1000 /* to twice that, then four times as long */
#define PACE_QUICK_MAX      3
#define PACE_QUICK_EVERY_MS 600000

struct pace {
	bool proven; /* these settings have worked */
	struct imap_backoff backoff;
	int refusals; /* in a row, of what waiting does not mend */
	bool at_rest; /* the present connection: all was read */
	int64_t at_rest_ms;
	bool brought;        /* it, something */
	int quick_left;      /* short pauses still granted */
	int64_t quick_at_ms; /* when they were granted; 0: never */
};

enum pace_advice {
	PACE_SOON = 0, /* nothing to speak of */
	PACE_LATER,    /* something is wrong */
	PACE_NEVER,    /* a person has to look */
};

void pace_opened(struct pace *p);  /* it let us in */
void pace_brought(struct pace *p); /* messages of it are recorded */
void pace_rested(struct pace *p, int64_t now_ms);

/* asked_ms: what the server asked for, -1 when nothing; pause_ms is set
 * unless the answer is PACE_NEVER. */
enum pace_advice pace_closed(struct pace *p, enum fail why, int64_t asked_ms,
    int64_t now_ms, int64_t *pause_ms);

#endif
