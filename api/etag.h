/*
 * etag.h - who edits what meanwhile somebody else has edited is told so.
 *
 * One list, segment, template, snippet, account, mailbox or campaign carries an ETag
 * when it is read and when it was changed.  It is that of what can be edited,
 * and moves with updated_at; numbers that only grow beside it (the contacts of
 * a list, what a campaign has sent) leave it alone.  A change or removal with
 * If-Match happens only while the ETag is one of those given, else 412; `*`
 * fits whatever is there.  Without If-Match nothing is asked.
 */
#ifndef API_ETAG_H
#define API_ETAG_H

#include "api/request.h"

/* Before the handler: If-Match, and the row held until the transaction ends.
 * false: answered. */
bool etag_begin(struct request *q) MUST_USE;
/* After it: the answer's ETag. */
void etag_end(struct request *q);

#endif
