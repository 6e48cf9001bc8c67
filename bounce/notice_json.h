/*
 * notice_json.h - notifications of bounces that Amazon SES publishes, mailed
 * on as they are: a JSON object, or one within a string of another.
 *
 *   "bouncedRecipients":[{"emailAddress":"a@b","action":"failed",
 *       "status":"5.1.1","diagnosticCode":"smtp; 550 ..."}]
 *
 * Reads the members of that list wherever it stands; not a JSON parser.
 */
#ifndef BOUNCE_NOTICE_JSON_H
#define BOUNCE_NOTICE_JSON_H

#include "bounce/dsn.h"
#include "bounce/mime_walk.h"

/* Adds to `d`, whose recipients have room; false: there is no such list. */
bool notice_json_read(struct dsn *d, const struct inbound_mail *m);

#endif
