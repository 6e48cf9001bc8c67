/*
 * mail_date.h - when a mail was sent, or came, as its header says it
 * (RFC 5322, 3.3 and what is made of it in practice).
 */
#ifndef BOUNCE_MAIL_DATE_H
#define BOUNCE_MAIL_DATE_H

#include "lib/base/str.h"

int64_t mail_date(struct str value); /* 0: it is none */
/* When the last host took it in: the first Received of the header, else its
 * Date; 0 when neither says so. */
int64_t mail_date_received(struct str header);

#endif
