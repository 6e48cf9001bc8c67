/*
 * currency.h - the codes of ISO 4217 that money is in.
 */
#ifndef API_CURRENCY_H
#define API_CURRENCY_H

#include "lib/base/str.h"

/* "EUR": three capital letters, in use today. */
bool currency_exists(struct str code);

/* "49.90" or "49,9" as a number of its smallest units, 4990 of EUR; false:
 * that is none, or has more digits than the currency. */
#define CURRENCY_DIGITS_MAX 12 /* before the point */
bool currency_parse(struct str text, struct str code, int64_t *amount) MUST_USE;

#endif
