/*
 * currency.h - the codes of ISO 4217 that money is in.
 */
#ifndef API_CURRENCY_H
#define API_CURRENCY_H

#include "lib/base/str.h"

/* "EUR": three capital letters, in use today. */
bool currency_exists(struct str code);

#endif
