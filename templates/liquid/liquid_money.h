/*
 * liquid_money.h - what currencies and locales have of their own.
 *
 * Places by ISO 4217, the rest by what the Unicode CLDR has for each locale.
 */
#ifndef TEMPLATES_LIQUID_MONEY_H
#define TEMPLATES_LIQUID_MONEY_H

#include "lib/base/str.h"

struct money_currency {
	const char *code;
	int places;
	const char *symbol; /* as it is known abroad; NULL: the code */
	const char *at_home;
	const char *homes; /* locales where at_home is used, blank between */
};

struct money_locale {
	const char *tag; /* language, or language-REGION */
	const char *decimal, *group, *minus;
	bool after;  /* the currency stands behind the number */
	bool spaced; /* and a blank between them */
	bool inside; /* the minus stands behind a currency before the number */
	bool indian; /* groups of two but for the last */
	bool lax;    /* no group of one digit alone: 1234 */
};

/* NULL: not in the table. */
const struct money_currency *money_currency_find(struct str code);
/* "de-AT", else "de", else English. */
const struct money_locale *money_locale_find(struct str tag);
/* What stands for a currency in that locale. */
struct str money_symbol(const struct money_currency *currency,
    struct str locale);

/* "de_AT" is "de-AT", and case counts not. */
bool locale_eq(struct str a, struct str b);
/* "de-AT" -> "de" */
struct str locale_language(struct str tag);

#endif
