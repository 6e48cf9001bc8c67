/*
 * stranger.h - requests of somebody whom no key or session lets in: 401, and
 * not too often.
 *
 * Looking a key up costs a statement.  A network address that was refused
 * more often than the setting `refused_a_minute` is not looked at any more
 * for a while: 429.  Those of this host are never counted, as a proxy that
 * is not in the setting `proxies` looks like one.
 */
#ifndef API_STRANGER_H
#define API_STRANGER_H

#include "api/request.h"

/* false: answered with 429. */
bool stranger_may_ask(struct request *q) MUST_USE;
/* Answers 401, with that text, and counts it. */
void stranger_refuse(struct request *q, const char *why);

#endif
