/*
 * liquid_money_data.c - the tables of liquid_money.h.
 */
#include "templates/liquid/liquid_money.h"

#define NBSP   "\xc2\xa0"
#define NARROW "\xe2\x80\xaf" /* a narrow one */
#define MINUS  "\xe2\x88\x92"
#define QUOTE  "\xe2\x80\x99"

static const struct money_currency currencies[] = {
    {"AED", 2, NULL, NULL, NULL},
    {"ARS", 2, NULL, "$", "es-AR"},
    {"AUD", 2, "A$", "$", "en-AU"},
    {"BGN", 2, NULL, "\xd0\xbb\xd0\xb2.", "bg"},
    {"BHD", 3, NULL, NULL, NULL},
    {"BRL", 2, "R$", NULL, NULL},
    {"CAD", 2, "CA$", "$", "en-CA fr-CA"},
    {"CHF", 2, NULL, NULL, NULL},
    {"CLP", 0, NULL, "$", "es-CL"},
    {"CNY", 2, "CN\xc2\xa5", "\xc2\xa5", "zh"},
    {"COP", 2, NULL, "$", "es-CO"},
    {"CZK", 2, NULL, "K\xc4\x8d", "cs"},
    {"DKK", 2, NULL, "kr.", "da"},
    {"EGP", 2, NULL, NULL, NULL},
    {"EUR", 2, "\xe2\x82\xac", NULL, NULL},
    {"GBP", 2, "\xc2\xa3", NULL, NULL},
    {"HKD", 2, "HK$", NULL, NULL},
    {"HUF", 2, NULL, "Ft", "hu"},
    {"IDR", 2, NULL, "Rp", "id"},
    {"ILS", 2, "\xe2\x82\xaa", NULL, NULL},
    {"INR", 2, "\xe2\x82\xb9", NULL, NULL},
    {"ISK", 0, NULL, "kr.", "is"},
    {"JOD", 3, NULL, NULL, NULL},
    {"JPY", 0, "\xc2\xa5", "\xef\xbf\xa5", "ja"},
    {"KRW", 0, "\xe2\x82\xa9", NULL, NULL},
    {"KWD", 3, NULL, NULL, NULL},
    {"MXN", 2, "MX$", "$", "es-MX"},
    {"MYR", 2, NULL, "RM", "ms"},
    {"NGN", 2, NULL, NULL, NULL},
    {"NOK", 2, NULL, "kr", "nb no nn"},
    {"NZD", 2, "NZ$", "$", "en-NZ"},
    {"OMR", 3, NULL, NULL, NULL},
    {"PEN", 2, NULL, "S/", "es-PE"},
    {"PHP", 2, "\xe2\x82\xb1", NULL, NULL},
    {"PLN", 2, NULL, "z\xc5\x82", "pl"},
    {"RON", 2, NULL, NULL, NULL},
    {"RSD", 2, NULL, NULL, NULL},
    {"RUB", 2, NULL, "\xe2\x82\xbd", "ru"},
    {"SAR", 2, NULL, NULL, NULL},
    {"SEK", 2, NULL, "kr", "sv"},
    {"SGD", 2, NULL, "$", "en-SG zh-SG"},
    {"THB", 2, NULL, "\xe0\xb8\xbf", "th"},
    {"TND", 3, NULL, NULL, NULL},
    {"TRY", 2, NULL, "\xe2\x82\xba", "tr"},
    {"TWD", 2, "NT$", "$", "zh-TW"},
    {"UAH", 2, NULL, "\xe2\x82\xb4", "uk"},
    {"USD", 2, "$", NULL, NULL},
    {"VND", 0, "\xe2\x82\xab", NULL, NULL},
    {"ZAR", 2, NULL, "R", "en-ZA"},
};

/* tag, decimal, group, minus, after, spaced, inside, indian, lax */
static const struct money_locale locales[] = {
    {"en", ".", ",", "-", 0, 0, 0, 0, 0},
    {"en-IN", ".", ",", "-", 0, 0, 0, 1, 0},
    {"en-ZA", ",", NBSP, "-", 0, 1, 0, 0, 0},
    {"bg", ",", "", "-", 1, 1, 0, 0, 0},
    {"cs", ",", NBSP, "-", 1, 1, 0, 0, 0},
    {"da", ",", ".", "-", 1, 1, 0, 0, 0},
    {"de", ",", ".", "-", 1, 1, 0, 0, 0},
    {"de-AT", ",", NBSP, "-", 0, 1, 0, 0, 0},
    {"de-CH", ".", QUOTE, "-", 0, 1, 1, 0, 0},
    {"el", ",", ".", "-", 1, 1, 0, 0, 0},
    {"es", ",", ".", "-", 1, 1, 0, 0, 1},
    {"es-MX", ".", ",", "-", 0, 0, 0, 0, 0},
    {"et", ",", NBSP, MINUS, 1, 1, 0, 0, 1},
    {"fi", ",", NBSP, MINUS, 1, 1, 0, 0, 0},
    {"fr", ",", NARROW, "-", 1, 1, 0, 0, 0},
    {"fr-CA", ",", NBSP, "-", 1, 1, 0, 0, 0},
    {"hi", ".", ",", "-", 0, 0, 0, 1, 0},
    {"hr", ",", ".", MINUS, 1, 1, 0, 0, 0},
    {"hu", ",", NBSP, "-", 1, 1, 0, 0, 0},
    {"id", ",", ".", "-", 0, 1, 0, 0, 0},
    {"is", ",", ".", "-", 1, 1, 0, 0, 0},
    {"it", ",", ".", "-", 1, 1, 0, 0, 0},
    {"it-CH", ".", QUOTE, "-", 0, 1, 1, 0, 0},
    {"ja", ".", ",", "-", 0, 0, 0, 0, 0},
    {"ko", ".", ",", "-", 0, 0, 0, 0, 0},
    {"lt", ",", NBSP, MINUS, 1, 1, 0, 0, 0},
    {"lv", ",", NBSP, "-", 1, 1, 0, 0, 1},
    {"ms", ".", ",", "-", 0, 1, 0, 0, 0},
    {"nb", ",", NBSP, MINUS, 1, 1, 0, 0, 0},
    {"nl", ",", ".", "-", 0, 1, 1, 0, 0},
    {"nn", ",", NBSP, MINUS, 1, 1, 0, 0, 0},
    {"no", ",", NBSP, MINUS, 1, 1, 0, 0, 0},
    {"pl", ",", NBSP, "-", 1, 1, 0, 0, 1},
    {"pt", ",", ".", "-", 0, 1, 0, 0, 0},
    {"pt-PT", ",", NBSP, "-", 1, 1, 0, 0, 1},
    {"ro", ",", ".", "-", 1, 1, 0, 0, 0},
    {"ru", ",", NBSP, "-", 1, 1, 0, 0, 0},
    {"sk", ",", NBSP, "-", 1, 1, 0, 0, 0},
    {"sl", ",", ".", MINUS, 1, 1, 0, 0, 0},
    {"sv", ",", NBSP, MINUS, 1, 1, 0, 0, 0},
    {"th", ".", ",", "-", 0, 0, 0, 0, 0},
    {"tr", ",", ".", "-", 0, 0, 0, 0, 0},
    {"uk", ",", NBSP, "-", 1, 1, 0, 0, 0},
    {"vi", ",", ".", "-", 1, 1, 0, 0, 0},
    {"zh", ".", ",", "-", 0, 0, 0, 0, 0},
};

bool
locale_eq(struct str a, struct str b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++) {
		char x = a.p[i] == '_' ? '-' : str_lower_char(a.p[i]);
		char y = b.p[i] == '_' ? '-' : str_lower_char(b.p[i]);

		if (x != y)
			return false;
	}
	return true;
}

struct str
locale_language(struct str tag)
{
	size_t n = 0;

	while (n < tag.n && tag.p[n] != '-' && tag.p[n] != '_')
		n++;
	return str_sub(tag, 0, n);
}

const struct money_currency *
money_currency_find(struct str code)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(currencies); i++)
		if (str_eq_nocase(code, str_of(currencies[i].code)))
			return &currencies[i];
	return NULL;
}

static const struct money_locale *
find_tag(struct str tag)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(locales); i++)
		if (locale_eq(tag, str_of(locales[i].tag)))
			return &locales[i];
	return NULL;
}

const struct money_locale *
money_locale_find(struct str tag)
{
	const struct money_locale *found = find_tag(tag);

	if (found == NULL)
		found = find_tag(locale_language(tag));
	return found != NULL ? found : &locales[0];
}

struct str
money_symbol(const struct money_currency *currency, struct str locale)
{
	struct str homes = str_of(currency->homes), home;

	while (str_cut(&homes, ' ', &home))
		if (locale_eq(home, locale) ||
		    locale_eq(home, locale_language(locale)))
			return str_of(currency->at_home);
	return str_of(
	    currency->symbol != NULL ? currency->symbol : currency->code);
}
