/*
 * url.h - the request target: percent-encoding and the query (RFC 3986).
 *
 * Strict: a '%' without two hex digits, a NUL, other control bytes or text
 * that is not UTF-8 refuse the whole.
 */
#ifndef API_URL_H
#define API_URL_H

#include "api/request.h"

#define URL_PARAMS_MAX 32

/* Decodes one piece into the arena; `plus` takes '+' for a blank. */
bool url_decode(struct arena *a, struct str in, bool plus,
    struct str *out) MUST_USE;
/* Appends with everything encoded but letters, digits and "-._~". */
void url_encode(struct buf *out, struct str in);

/* A target that a browser may be sent to, as a Location header takes it:
 * http or https, a host, and whatever no URL may hold percent-encoded.  False
 * for anything else; nothing in it can lead to another host than it names. */
bool url_location(struct buf *out, struct str target) MUST_USE;

/* The URL with one more parameter in its query; name and value are put as
 * they are. */
struct str url_with(struct arena *a, struct str url, const char *name,
    const char *value);

/* Splits "a=b&c" into q->query; false when it does not decode or there are
 * more than URL_PARAMS_MAX. */
bool url_query(struct request *q, struct str query) MUST_USE;

#endif
