/*
 * cut_wire.h - a connection at a server that ends after so many bytes of
 * either side, and all the places where it may end (imap-cuts, pop3-cuts).
 */
#ifndef TESTS_SUPPORT_CUT_WIRE_H
#define TESTS_SUPPORT_CUT_WIRE_H

#include "tests/support/peer.h"

struct cut_wire {
	long said, heard;         /* bytes of the present connection */
	long cut_said, cut_heard; /* it ends there; -1: nowhere */
};

void cut_wire_mend(struct cut_wire *w); /* it ends nowhere */
/* A connection begins; what is said leaves at once. */
void cut_wire_begin(struct cut_wire *w, struct peer_conn *pc);
/* How much of what is to be said may leave; less than n: it ends there. */
size_t cut_wire_says(struct cut_wire *w, size_t n) MUST_USE;
/* False at its end, wherever in these bytes that is. */
bool cut_wire_hears(struct cut_wire *w, size_t n) MUST_USE;

/* At every step-th byte of what a whole connection said and heard. */
typedef void cut_wire_fn(long cut_said, long cut_heard, void *arg);
void cut_wire_sweep(const struct cut_wire *whole, long step, cut_wire_fn *fn,
    void *arg);

/* An argument; NULL: `otherwise`.  Dies with how to call the program. */
long cut_wire_number(const char *text, long otherwise, long most,
    const char *usage);

#endif
