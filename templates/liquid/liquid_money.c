/*
 * liquid_money.c - the filter `money`.
 *
 *   {{ 12345 | money: "EUR" }}   en "€123.45", de "123,45 €"
 *
 * The amount is in the currency's smallest unit, a whole number; the locale is
 * the recipient's, or what `locale:` says.
 */
#include "templates/liquid/liquid_money.h"

#include "templates/liquid/liquid_filters.h"
#include "templates/liquid/value_number.h"

#define NBSP        STR("\xc2\xa0")
#define CODE_LENGTH 3
#define PLACES      2 /* of a currency that is not in the table */

struct amount {
	char text[VALUE_BIG_TEXT];
	struct str digits; /* more than there are places */
	bool negative;
};

/* A whole number: as such, as a float without fraction, or as digits. */
static bool
read_amount(struct liquid_call *c, int places, struct amount *a)
{
	struct value v = c->in;
	struct str s = value_text(v);
	size_t n, zeros, from;

	if (v.type == VALUE_FLOAT && v.u.real > -9e15 && v.u.real < 9e15 &&
	    (double)(int64_t)v.u.real == v.u.real)
		v = value_int((int64_t)v.u.real);
	if (v.type == VALUE_STRING) {
		if (!liquid_run_charge(c->run, s.n / LIQUID_BYTES_PER_STEP))
			return false;
		s = str_trim(s);
		for (from = str_starts(s, STR("-")), n = from;
		     n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++)
			;
		if (n == from || n < s.n ||
		    !value_from_digits(&v, s, c->run->arena))
			v = value_nil();
	}
	if (v.type != VALUE_INT && v.type != VALUE_BIG)
		return liquid_run_fail(c->run,
		    "money: the amount is not a whole number of the "
		    "smallest unit: 1250 for 12.50");
	zeros = (size_t)places + 1;
	memset(a->text, '0', zeros);
	n = v.type == VALUE_BIG ? value_big_text(v, a->text + zeros)
				: value_int_text(v.u.integer, a->text + zeros);
	a->negative = a->text[zeros] == '-';
	if (a->negative)
		a->text[zeros] = '0';
	for (from = 0; a->text[from] == '0' && zeros + n - from > zeros; from++)
		;
	a->digits = (struct str){a->text + from, zeros + n - from};
	return true;
}

static bool
put(struct liquid_call *c, struct str s)
{
	return liquid_run_write(c->run, s.p, s.n);
}

static bool
put_number(struct liquid_call *c, const struct money_locale *l, int places,
    struct str digits)
{
	size_t whole = digits.n - (size_t)places, i, left;

	for (i = 0; i < whole; i++) {
		left = whole - i;
		if (i > 0 && (whole > 4 || !l->lax) &&
		    (l->indian && left > 3 ? left % 2 == 1 : left % 3 == 0) &&
		    !put(c, str_of(l->group)))
			return false;
		if (!put(c, str_sub(digits, i, 1)))
			return false;
	}
	return places == 0 ||
	       (put(c, str_of(l->decimal)) && put(c, str_from(digits, whole)));
}

/* "CHF 12", but "$12": letters do not touch digits. */
static bool
needs_blank(const struct money_locale *l, struct str symbol)
{
	char last = symbol.p[symbol.n - 1];

	return l->spaced || ((last | 0x20) >= 'a' && (last | 0x20) <= 'z');
}

static bool
put_money(struct liquid_call *c, const struct money_locale *l,
    struct str symbol, int places, const struct amount *a)
{
	struct str minus = a->negative ? str_of(l->minus) : STR_NONE;
	struct str blank = needs_blank(l, symbol) ? NBSP : STR_NONE;

	if (l->after)
		return put(c, minus) && put_number(c, l, places, a->digits) &&
		       put(c, blank) && put(c, symbol);
	return put(c, l->inside ? STR_NONE : minus) && put(c, symbol) &&
	       put(c, blank) && put(c, l->inside ? minus : STR_NONE) &&
	       put_number(c, l, places, a->digits);
}

/* Three letters; in capitals into `code`. */
static bool
read_code(struct value v, char code[CODE_LENGTH])
{
	struct str s = value_text(v);
	size_t i;

	for (i = 0; i < s.n && i < CODE_LENGTH; i++) {
		code[i] = (char)(s.p[i] & ~0x20);
		if (code[i] < 'A' || code[i] > 'Z')
			return false;
	}
	return s.n == CODE_LENGTH;
}

bool
liquid_filter_money(struct liquid_call *c)
{
	struct value given = liquid_call_keyword(c, "locale");
	struct str locale = c->run->data->locale, symbol;
	const struct money_currency *currency;
	size_t mark = c->run->out->n;
	char code[CODE_LENGTH];
	struct amount amount = {.digits = STR_NONE};
	int places;

	c->out = c->in;
	if (c->in.type == VALUE_NIL)
		return true;
	if (!read_code(c->args[0], code))
		return liquid_run_fail(c->run,
		    "money: a currency has three letters, such as EUR");
	if (given.type == VALUE_STRING)
		locale = value_text(given);
	symbol = (struct str){code, CODE_LENGTH};
	currency = money_currency_find(symbol);
	places = currency != NULL ? currency->places : PLACES;
	if (currency != NULL)
		symbol = money_symbol(currency, locale);
	if (!read_amount(c, places, &amount) ||
	    !put_money(c, money_locale_find(locale), symbol, places, &amount) ||
	    !liquid_run_take(c->run, mark, &symbol))
		return false;
	c->out = value_string(symbol);
	return true;
}
