/*
 * sink_server.h - a sink at work: threads, each with its own listening socket
 * on the one port, its own epoll and its own connections.
 *
 * sink_server_new listens and starts the threads; sink_server_stop ends them
 * with the log flushed.  Options are borrowed.
 */
#ifndef TESTS_SINK_SERVER_H
#define TESTS_SINK_SERVER_H

#include "tests/sink/sink_session.h"

struct sink_server;

struct sink_server *sink_server_new(struct sink_options *options); /* dies */
int sink_server_port(const struct sink_server *s);
const struct sink_shared *sink_server_shared(const struct sink_server *s);
/* Reads the file of rules again (sink_rules.h). */
bool sink_server_reload(struct sink_server *s, struct err *err) MUST_USE;
void sink_server_free(struct sink_server *s); /* stops it first */

#endif
