/*
 * sink_command.h - one line of a client: a command, or the credentials that
 * AUTH asked for.
 */
#ifndef TESTS_SINK_COMMAND_H
#define TESTS_SINK_COMMAND_H

#include "tests/sink/sink_session.h"

void sink_command(struct sink_session *s, struct str line);
/* The limit of --auth-fail-after was come to. */
bool sink_command_auth_is_over(const struct sink_session *s);

#endif
