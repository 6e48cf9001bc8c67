/*
 * server_links.h - the connections of the HTTP server, and until when each
 * may keep us waiting.
 *
 * libmicrohttpd counts idle time only: who sends a byte now and then stays
 * for ever.  Here each connection has a point in time by which its next
 * header, or the rest of its body, has to be there; server_links_reap shuts
 * those that are late.  When most places are taken, the one that has kept us
 * waiting longest makes room for each that comes: whoever opens connections
 * and says nothing only shuts their own.  Thread-safe.
 */
#ifndef API_SERVER_LINKS_H
#define API_SERVER_LINKS_H

#include "lib/base/base.h"

struct server_link;
struct server_links;

/* Room for so many. */
struct server_links *server_links_new(size_t max);
void server_links_free(struct server_links *links);

struct server_link *server_links_add(struct server_links *links, int fd,
    int64_t wait_ms);
void server_links_remove(struct server_links *links, struct server_link *link);
/* Something has to have come after wait_ms; 0: no hurry. */
void server_links_expect(struct server_links *links, struct server_link *link,
    int64_t wait_ms);

/* Shuts down the sockets that are late; gives how many. */
int server_links_reap(struct server_links *links);

#endif
