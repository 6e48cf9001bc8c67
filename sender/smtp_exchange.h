/*
 * smtp_exchange.h - what the parts of a session share: the queue of commands
 * that await their reply, and the one way for a session to end.
 */
#ifndef SENDER_SMTP_EXCHANGE_H
#define SENDER_SMTP_EXCHANGE_H

#include "sender/smtp_session.h"

/* The command that was just written to out awaits its reply. */
void smtp_exchange_expect(struct smtp_session *s, enum smtp_step step,
    struct smtp_transaction *t);
/* Takes the oldest off the queue. */
struct smtp_pending smtp_exchange_answered(struct smtp_session *s);

/* The session is over, because of the reply just read or (code 0) without
 * one.  All return SMTP_OVER. */
enum smtp_event smtp_exchange_over(struct smtp_session *s, enum phase phase,
    const struct err *err);
/* "<what>: 535 5.7.8 their words" */
enum smtp_event smtp_exchange_refused(struct smtp_session *s, enum phase phase,
    enum fail kind, const char *what);
/* They said what the protocol does not allow. */
enum smtp_event smtp_exchange_broken(struct smtp_session *s, enum phase phase,
    const char *what);

#endif
