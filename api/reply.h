/*
 * reply.h - the answer to a request, put together before any of it is sent.
 *
 * The last reply of a request wins, and drops the headers of those before.  Every answer carries
 * X-Content-Type-Options: nosniff and, unless said otherwise,
 * Cache-Control: no-store.  See problem.h for answers that say no.
 */
#ifndef API_REPLY_H
#define API_REPLY_H

#include "db/args.h"
#include "lib/base/buf.h"

#include <jansson.h>

#define REPLY_MAX         (64U << 20)
#define REPLY_HEADERS_MAX 16
#define REPLY_HEADER_MAX  8192 /* bytes of a value */

struct request;

/* Adds the next piece of an answer to `out`; nothing at its end.  false: the
 * answer breaks off there.  Runs on the connection's thread, until the peer has all or is gone.  The
 * request's transaction is over. */
typedef bool reply_more(struct request *q, void *arg, struct buf *out);

/* Lists are cut before they reach REPLY_MAX (page.h); everything else is
 * bounded by the fields it is made of. */
struct reply {
	int status; /* 0: none yet */
	struct str type;
	struct buf body;
	reply_more *more; /* NULL: the body is all there is */
	bool
	    later; /* set by `more`: nothing yet, ask again in about a second */
	void *more_arg;
	struct {
		const char *name;
		struct str value;
	} headers[REPLY_HEADERS_MAX];
	size_t header_count;
};

/* Takes the reference. */
void reply_json(struct request *q, int status, json_t *value);
/* Text that is JSON already. */
void reply_document(struct request *q, int status, struct str json);
/* The first column of the first row, a JSON document made by the statement. */
void reply_row(struct request *q, int status, const struct db_result *rows);
void reply_empty(struct request *q, int status);
void reply_text(struct request *q, int status, const char *type,
    struct str text);
/* HTML with a content security policy that lets nothing in but our own
 * style sheet and forms to ourselves. */
void reply_html(struct request *q, int status, struct str page);

/* The same with another policy, for pages that are not ours. */
void reply_framed(struct request *q, int status, struct str page,
    const char *policy);

/* An answer that is made while it is sent; at most REPLY_MAX at a time. */
void reply_stream(struct request *q, int status, const char *type,
    reply_more *more, void *arg);

/* One more header; the name is a literal.  Control bytes in the value are a bug. */
void reply_header(struct request *q, const char *name, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

const char *status_phrase(int status); /* "Not Found" */

#endif
