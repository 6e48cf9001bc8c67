/*
 * signs.h - what the words of a subject or of a text tell of who wrote them:
 * a machine that answers, one that wants to know whether we are people, a
 * person who wants no more mail, a mail system that could not deliver.  The
 * words stand in signs.rules, in many languages, and are found in one pass.
 *
 * Signs for subjects and signs for texts are different ones; which of those
 * found count is for the caller to say.
 */
#ifndef BOUNCE_SIGNS_H
#define BOUNCE_SIGNS_H

#include "lib/base/str.h"

#define SIGNS_TEXT_MAX 3000 /* of a text; what it is stands at its beginning */

/* Bits. */
#define SIGN_AUTO_SUBJECT      (1U << 0) /* "Automatic reply: ..." */
#define SIGN_AUTO_TEXT         (1U << 1) /* "this is an automatic reply" */
#define SIGN_ABSENCE           (1U << 2) /* "out of the office" */
#define SIGN_ABSENCE_DETAIL    (1U << 3) /* "for urgent matters", thanks */
#define SIGN_LEFT              (1U << 4) /* "no longer with the company" */
#define SIGN_CHALLENGE_SUBJECT (1U << 5)
#define SIGN_CHALLENGE_TEXT    (1U << 6)
#define SIGN_UNSUBSCRIBE       (1U << 7)  /* nothing but that wish */
#define SIGN_COMPLAINT_SUBJECT (1U << 8)  /* of feedback loops without ARF */
#define SIGN_NOTICE_SENDER     (1U << 9)  /* "Mail Delivery System" */
#define SIGN_NOTICE_SUBJECT    (1U << 10) /* "Undelivered mail" */
#define SIGN_NOTICE_TROUBLE    (1U << 11) /* "could not be delivered" */
#define SIGN_NOTICE_SURE       (1U << 12) /* enough without a sender */
#define SIGN_NOTICE_DELAY      (1U << 13) /* "will be retried" */
#define SIGN_NOTICE_FINAL      (1U << 14) /* "permanent error" */
#define SIGN_LIKELY_SUBJECT    (1U << 15) /* "Out of office ..." */

/* All signs in a text, which must be UTF-8. */
unsigned signs_find(struct str text);

#endif
