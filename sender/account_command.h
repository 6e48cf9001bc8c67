/*
 * account_command.h - `volley account test`: does an SMTP account work, and
 * what becomes of the mail that goes through it?
 *
 * Without a mailbox this process connects and logs in.  With one it queues
 * the self-test, which a sender and a poller do, and tells their steps.
 */
#ifndef SENDER_ACCOUNT_COMMAND_H
#define SENDER_ACCOUNT_COMMAND_H

#include "lib/base/settings.h"

int account_main(int argc, char **argv, const struct settings *settings);

#endif
