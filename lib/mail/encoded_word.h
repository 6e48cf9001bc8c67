/*
 * encoded_word.h - non-ASCII text in header fields (RFC 2047).
 */
#ifndef MAIL_ENCODED_WORD_H
#define MAIL_ENCODED_WORD_H

#include "lib/mail/fold.h"

#define ENCODED_WORD_MAX 75 /* RFC 2047, 2 */
#define ENCODED_LINE_MAX 76 /* a line that holds one */

/* Writes valid UTF-8 as words of whole characters, in the shorter of the two
 * encodings; fit for unstructured text and for phrases. */
void encoded_words(struct fold *f, struct str text);

/* Appends `value` with its encoded-words decoded to UTF-8, leniently: they
 * may touch other text, and words of one charset that follow each other are
 * joined before they are decoded, since careless senders split characters.
 * What is no encoded-word stays as it is. */
void encoded_words_decode(struct buf *out, struct str value);

#endif
