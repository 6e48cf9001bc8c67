/*
 * dispatch.h - what happens to every request around its handler.
 *
 *   begin: target, route, key and scope, query names, kind of body
 *   body:  collected (1 MiB at most) or given to the route's upload
 *   end:   Idempotency-Key, If-Match, handler, audit, commit or rollback
 *
 * Knows no libmicrohttpd: server.c moves the bytes.
 */
#ifndef API_DISPATCH_H
#define API_DISPATCH_H

#include "api/request.h"

/* `target` is path and query as they came.  Once q->reply.status is set the
 * answer is known, and what still comes of the body is not looked at. */
void dispatch_begin(struct request *q, const struct route *const *tables,
    struct str method, struct str target);
void dispatch_body(struct request *q, struct str piece);
void dispatch_end(struct request *q);
/* Last of all, also when the peer went away. */
void dispatch_drop(struct request *q);

#endif
