/*
 * server.h - libmicrohttpd, and nothing of it outside server*.c.
 *
 * An epoll loop a thread, each blocking while a handler of its runs.
 * Limits: request line and header 16 KiB, body 1 MiB unless it is an
 * upload, 10 s for a header, 30 s for the rest of a body or an idle
 * connection, api_connections in all and half of them from one address.
 */
#ifndef API_SERVER_H
#define API_SERVER_H

#include "api/api.h"

struct server;

struct server *server_start(const struct api *api, struct err *err) MUST_USE;
/* About once a second: cuts off peers that are late. */
void server_tick(struct server *s);
/* Takes no new connections; waits for the requests under way. */
void server_stop(struct server *s);
int server_port(const struct server *s); /* as bound */

#endif
