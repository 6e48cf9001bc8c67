/*
 * stall.h - messages that keep the connections of an account waiting.
 *
 * Whose group is to blame is told to its lane.  A message whose final dot
 * has not left is taken off its connection, which is closed; behind one that
 * has to be waited for, others are excused (lanes.h).
 */
#ifndef SENDER_STALL_H
#define SENDER_STALL_H

#include "sender/relay.h"

/* The account has a pool. */
void stall_look(struct lanes *s, int64_t now);

#endif
