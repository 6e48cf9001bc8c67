/*
 * webhook_url.h - where events may be told: https to the public Internet, or
 * a host of ours that the setting webhook_hosts names.
 *
 * A name is looked at when it is given; where it leads is checked with every
 * connection (lib/net/http.h, is_foreign).
 */
#ifndef API_WEBHOOK_URL_H
#define API_WEBHOOK_URL_H

#include "lib/base/err.h"
#include "lib/base/str.h"

/* `url` passes http_url_ok, and if it is foreign, is https, has port 443 and
 * no host of ours by its looks. */
bool webhook_url_ok(const char *url, const char *hosts,
    struct err *err) MUST_USE;

/* Its host is none of `hosts`, which stand with blanks between. */
bool webhook_url_is_foreign(const char *url, const char *hosts);

#endif
