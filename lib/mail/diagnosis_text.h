/*
 * diagnosis_text.h - the words of a failure's text that may say why.
 *
 * Left out is what would tear phrases apart or be taken for one: the reply
 * code and the status that many servers repeat on every line of a reply,
 * addresses ("user <u@example.com> unknown"), and the name of a host after
 * the word "host" ("host antispam.example.net[192.0.2.1] said: ...").
 */
#ifndef MAIL_DIAGNOSIS_TEXT_H
#define MAIL_DIAGNOSIS_TEXT_H

#include "lib/base/str.h"

#define DIAGNOSIS_TEXT_MAX 2048 /* of a text, so much is read */

/* What the refusing server said, where a relay put its own words before it:
 * "5.1.0 - Unknown address error 550-'5.7.1 Access denied'"; else all. */
struct str diagnosis_reply(struct str text);
/* Writes the words with single blanks between them; how many bytes. */
size_t diagnosis_text(char out[DIAGNOSIS_TEXT_MAX], struct str text);

#endif
