/*
 * sink_transaction.h - MAIL, RCPT, DATA and the end of the text, as a session
 * takes them.
 */
#ifndef TESTS_SINK_TRANSACTION_H
#define TESTS_SINK_TRANSACTION_H

#include "tests/sink/sink_session.h"

void sink_transaction_forget(struct sink_session *s);
void sink_transaction_mail(struct sink_session *s, struct str arg);
void sink_transaction_rcpt(struct sink_session *s, struct str arg);
void sink_transaction_data(struct sink_session *s);
void sink_transaction_dot(struct sink_session *s);

#endif
