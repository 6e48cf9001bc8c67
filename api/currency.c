#include "api/currency.h"

#define CODE_LEN 3

/* ISO 4217 list one, without funds, metals and test codes. */
static const char codes[] =
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB "
    "BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK "
    "DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
    "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD "
    "KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
    "MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG "
    "QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC "
    "SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES "
    "VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ";

/* Those that are not divided by a hundred. */
static const char whole[] =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF ";
static const char thousandths[] = "BHD IQD JOD KWD LYD OMR TND ";

static bool
is_in(const char *list, struct str code)
{
	if (code.n != CODE_LEN)
		return false;
	for (; *list != '\0'; list += CODE_LEN + 1)
		if (memcmp(list, code.p, CODE_LEN) == 0)
			return true;
	return false;
}

bool
currency_exists(struct str code)
{
	return is_in(codes, code);
}

static size_t
digits_of(struct str code)
{
	return is_in(whole, code) ? 0 : is_in(thousandths, code) ? 3 : 2;
}

bool
currency_parse(struct str text, struct str code, int64_t *amount)
{
	size_t i, places = digits_of(code), point = text.n, n;
	int64_t value = 0;

	for (i = 0; i < text.n; i++) {
		if ((text.p[i] == '.' || text.p[i] == ',') && point == text.n)
			point = i;
		else if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	}
	n = point < text.n ? text.n - point - 1 : 0;
	if (point == 0 || point > CURRENCY_DIGITS_MAX || n > places ||
	    (point < text.n && n == 0))
		return false;
	for (i = 0; i < text.n; i++)
		if (i != point)
			value = value * 10 + (text.p[i] - '0');
	for (; n < places; n++)
		value *= 10;
	*amount = value;
	return currency_exists(code);
}
