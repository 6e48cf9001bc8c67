/*
 * smtp_opening.h - a session from the greeting until it takes messages:
 * EHLO, STARTTLS, EHLO again, AUTH.
 *
 * STARTTLS is required where the account says so (S-040): not offered or
 * refused ends the session before a credential or an address was sent.
 * HELO is tried only when EHLO is refused with 5xx and neither STARTTLS nor
 * AUTH is needed.  Each function takes the reply to one command.
 */
#ifndef SENDER_SMTP_OPENING_H
#define SENDER_SMTP_OPENING_H

#include "sender/smtp_session.h"

enum smtp_event smtp_opening_on_greeting(struct smtp_session *s,
    struct smtp_transaction *none);
enum smtp_event smtp_opening_on_ehlo(struct smtp_session *s,
    struct smtp_transaction *none);
enum smtp_event smtp_opening_on_helo(struct smtp_session *s,
    struct smtp_transaction *none);
enum smtp_event smtp_opening_on_starttls(struct smtp_session *s,
    struct smtp_transaction *none);
enum smtp_event smtp_opening_on_auth(struct smtp_session *s,
    struct smtp_transaction *none);

/* Says EHLO, first or again after the handshake. */
enum smtp_event smtp_opening_auth(struct smtp_session *s);
enum smtp_event smtp_opening_ehlo(struct smtp_session *s);

#endif
