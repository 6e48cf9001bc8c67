/*
 * parameter.h - parameters of MIME fields (RFC 2045, 5.1; RFC 2231).
 *
 *   ; filename="a.pdf"
 *   ; filename*=UTF-8''%C3%A4.pdf; filename="_.pdf"
 *
 * What is not short ASCII is written in the extended form, in numbered
 * sections of whole characters where a line does not hold it, and once more
 * in ASCII for old readers.  The extended form comes first: of two of one
 * name some readers take the first, the others the extended one.
 */
#ifndef MAIL_PARAMETER_H
#define MAIL_PARAMETER_H

#include "lib/mail/fold.h"

/* `value` is valid UTF-8 without control characters. */
void parameter_write(struct fold *f, const char *name, struct str value);

#endif
