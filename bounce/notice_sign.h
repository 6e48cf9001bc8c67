/*
 * notice_sign.h - signs that a mail is a notification about a delivery, and
 * which of them say that it is still being tried.
 */
#ifndef BOUNCE_NOTICE_SIGN_H
#define BOUNCE_NOTICE_SIGN_H

#include "bounce/mime_walk.h"

/* Sent by a mail system, going by its name, subject and header; and its text
 * is about a delivery that failed or is late. */
bool notice_sign(const struct inbound_mail *m);

/* The message is still being tried. */
bool notice_sign_delay(const struct inbound_mail *m);

#endif
