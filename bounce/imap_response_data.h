/*
 * imap_response_data.h - between imap_response.c (what a line is, status
 * responses) and imap_response_data.c (untagged data).  For them only.
 */
#ifndef BOUNCE_IMAP_RESPONSE_DATA_H
#define BOUNCE_IMAP_RESPONSE_DATA_H

#include "bounce/imap_response.h"

/* Untagged data named by word; the cursor stands behind it.  `numbered`: a
 * number came first, r->number.  An unknown word changes nothing. */
bool imap_response_data(struct imap_response *r, struct str word,
    struct imap_cursor *c, bool numbered, struct err *err) MUST_USE;

bool imap_response_capability(struct imap_response *r, struct imap_cursor *c,
    struct err *err) MUST_USE;

/* FAIL_PROTOCOL; always false. */
bool imap_response_malformed(struct err *err, const char *what);

#endif
