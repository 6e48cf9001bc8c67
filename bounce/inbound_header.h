/*
 * inbound_header.h - the header of a message of a mailbox, read into the
 * fields of struct inbound_mail in one pass.
 */
#ifndef BOUNCE_INBOUND_HEADER_H
#define BOUNCE_INBOUND_HEADER_H

#include "bounce/mime_walk.h"

/* m->header is set; content_type and report_type are not its business. */
void inbound_header_read(struct inbound_mail *m);

#endif
