/*
 * imap_box.h - one folder at an IMAP server, in a thread (peer.h), whose
 * connections end after so many bytes of either side.  Its last message comes
 * while a client idles.  Message n, from 0, has the UID n + 1.
 */
#ifndef TESTS_SUPPORT_IMAP_BOX_H
#define TESTS_SUPPORT_IMAP_BOX_H

#include "tests/support/cut_wire.h"

#define IMAP_BOX_LINE_SIZE 1024
#define IMAP_BOX_MAX       1000

struct imap_box {
	int messages;
	int present;                /* of them, have come */
	bool gone[IMAP_BOX_MAX];    /* moved */
	int recorded[IMAP_BOX_MAX]; /* so often: the client counts */
	struct cut_wire wire;
	long moved_unrecorded; /* messages that went too early */
};

/* As nobody has seen it. */
void imap_box_reset(struct imap_box *b, int messages);
/* A peer_fn; arg is the box. */
void imap_box_serve(struct peer_conn *pc, void *arg);

#endif
