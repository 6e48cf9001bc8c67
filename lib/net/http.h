/*
 * http.h - one HTTP request of ours to somebody else's server, on the loop.
 *
 * A POST of a body, and the answer whole, in memory.  https with the
 * certificate verified (system's authorities or ca_file); plain http is for
 * this host alone: tests, and what listens beside us.  Redirects are not
 * followed, proxies of the environment are not asked, cookies are not kept.
 *
 * The callback comes once, from the loop.  http_free gives the request up,
 * also from inside the callback.  Nothing that is sent is logged.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "lib/base/str.h"
#include "lib/net/loop.h"

#define HTTP_URL_MAX    2000
#define HTTP_CONNECT_MS 10000 /* lookup, connect, handshake; of timeout_ms */

struct http;

/* Copied; url must have passed http_url_ok. */
struct http_params {
	const char *url;
	const char *content_type;
	struct str body;
	const char *ca_file;        /* NULL or "": the system's */
	int64_t timeout_ms;         /* for all of it */
	size_t answer_max;          /* bytes of the answer's body */
	const char *const *headers; /* "Name: value", more */
	size_t header_count;
	/* The server is one that somebody else has named: no connection into
	 * a network of ours (private_address.h), whatever its name resolves
	 * to just now, to port 443 only; plain http to nobody. */
	bool is_foreign;
};

struct http_answer {
	int status;            /* 200..599 */
	struct str body;       /* valid during the callback */
	int64_t retry_after_s; /* 0: not said */
};

/* answer is NULL on failure: FAIL_IO, FAIL_TIMEOUT, FAIL_TLS, FAIL_LIMIT. */
typedef void http_fn(const struct http_answer *answer, const struct err *err,
    void *arg);

struct http *http_post(struct loop *loop, const struct http_params *params,
    http_fn *fn, void *arg);
void http_free(struct http *h); /* NULL is fine */

/* https, or http to this host; without a user name, password or fragment.
 * FAIL_INPUT says what is wrong in words that go behind "the URL". */
bool http_url_ok(const char *url, struct err *err) MUST_USE;

/* name=value of application/x-www-form-urlencoded, after what is there. */
struct buf;
void http_form_add(struct buf *out, const char *name, struct str value);

#endif
