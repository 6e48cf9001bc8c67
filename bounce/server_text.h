/* server_text.h - what a server says, without what could spoil a log or a
 * terminal: printable ASCII, the beginning. */
#ifndef BOUNCE_SERVER_TEXT_H
#define BOUNCE_SERVER_TEXT_H

#include "lib/base/str.h"

#define SERVER_TEXT_MAX 200 /* with its NUL */

const char *server_text(struct str text, char out[SERVER_TEXT_MAX]);

#endif
