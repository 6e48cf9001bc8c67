/*
 * sink_body.h - the text of one message as it comes in: where it ends, how
 * long it is without the dots that were put in, its Message-ID.
 *
 * Nothing is copied but what is to be dumped.  A line is ended by LF, with CR
 * before it or not: a client that lets "LF . CR LF" through is found out.
 */
#ifndef TESTS_SINK_BODY_H
#define TESTS_SINK_BODY_H

#include "lib/base/buf.h"

struct sink_body {
	bool in_header, line_start, ended;
	bool keep;       /* the text goes to `whole` */
	uint64_t octets; /* of the text */
	uint64_t raw;    /* octets eaten, with dots put in and the last line */
	struct buf message_id;
	struct buf whole;
};

void sink_body_init(struct sink_body *b);
void sink_body_release(struct sink_body *b);
void sink_body_reset(struct sink_body *b, bool keep);

/* Eats from the front, up to and with the line that ends it (`ended`); gives
 * how many octets.  What it leaves, it has to see again with more behind. */
size_t sink_body_feed(struct sink_body *b, struct str data);

#endif
