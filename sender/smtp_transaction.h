/*
 * smtp_transaction.h - a session's messages: MAIL, RCPT, DATA, the final dot
 * and what follows when one of them is refused.
 *
 * Part of smtp_session; nobody else includes this.  The functions that take
 * a reply are entries of the session's table.
 */
#ifndef SENDER_SMTP_TRANSACTION_H
#define SENDER_SMTP_TRANSACTION_H

#include "sender/smtp_session.h"

enum smtp_event smtp_transaction_on_mail(struct smtp_session *s,
    struct smtp_transaction *t);
enum smtp_event smtp_transaction_on_rcpt(struct smtp_session *s,
    struct smtp_transaction *t);
enum smtp_event smtp_transaction_on_data(struct smtp_session *s,
    struct smtp_transaction *t);
enum smtp_event smtp_transaction_on_body(struct smtp_session *s,
    struct smtp_transaction *t);
enum smtp_event smtp_transaction_on_lone_dot(struct smtp_session *s,
    struct smtp_transaction *none);
enum smtp_event smtp_transaction_on_rset(struct smtp_session *s,
    struct smtp_transaction *none);

/* The reply just read is why this message is refused; only the first one
 * counts, later ones are its consequence. */
void smtp_transaction_refuse(struct smtp_session *s, struct smtp_transaction *t,
    enum phase phase);

/* Begins what can begin now: a transaction, the one after it, or QUIT. */
void smtp_transaction_proceed(struct smtp_session *s);

#endif
