/*
 * dkim.h - DKIM-Signature fields for messages of one domain (RFC 6376, 8463).
 *
 * rsa-sha256 first and, where there is such a key, ed25519-sha256 second;
 * relaxed/relaxed, no l=.  From and what readers or mailbox providers act on
 * is signed once more than it occurs, so that a second one added on the way
 * breaks the signature (RFC 6376, 8.15).  t= is the time of the message,
 * not of the signing: the same message is signed the same way again.
 *
 * Signing is the last step: nothing may change the message afterwards.  One
 * thread; the signer keeps its memory from message to message.
 */
#ifndef SENDER_DKIM_H
#define SENDER_DKIM_H

#include "sender/dkim_key.h"

#define DKIM_KEYS_MAX 4

struct dkim_signer;

struct dkim_signer *dkim_signer_new(void);
void dkim_signer_free(struct dkim_signer *s); /* NULL is fine */
/* Copies the names and takes the key.  False: too many. */
bool dkim_signer_add(struct dkim_signer *s, struct str domain,
    struct str selector, struct dkim_key *key) MUST_USE;
bool dkim_signer_is_empty(const struct dkim_signer *s);

/* Puts one DKIM-Signature a key in front of the message.  `shared_body`: all
 * messages that this signer is given have the same body, so that its hash
 * is kept. */
bool dkim_sign(struct dkim_signer *s, struct buf *message, int64_t date_us,
    bool shared_body, struct err *err) MUST_USE;

#endif
