#include "lib/mail/address.h"

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

static bool
ascii_only(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static bool
digits_only(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

/* A mail domain is a fully qualified name (RFC 5321, 2.3.5): two labels at
 * least, and the last one is no number, which would be an IP address. */
static const char *
mail_domain_fault(struct str domain)
{
	size_t dot = str_rchr(domain, '.');

	if (dot == STR_NOWHERE)
		return "the domain has no dot";
	if (digits_only(str_from(domain, dot + 1)))
		return "the domain ends in a number";
	return NULL;
}

/* What an atom may hold: RFC 5322, 3.2.3. */
static const bool atext[128] = {
    ['a' ... 'z'] = true,
    ['A' ... 'Z'] = true,
    ['0' ... '9'] = true,
    ['!'] = true,
    ['#'] = true,
    ['$'] = true,
    ['%'] = true,
    ['&'] = true,
    ['\''] = true,
    ['*'] = true,
    ['+'] = true,
    ['-'] = true,
    ['/'] = true,
    ['='] = true,
    ['?'] = true,
    ['^'] = true,
    ['_'] = true,
    ['`'] = true,
    ['{'] = true,
    ['|'] = true,
    ['}'] = true,
    ['~'] = true,
};

/* Control, format, separator and unassigned characters look like nothing, or
 * like something else; no mailbox has them. */
static bool
invisible(ucs4_t c)
{
	return uc_is_general_category_withtable(c,
	    UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z);
}

static const char *
unicode_fault(struct str local)
{
	const uint8_t *p = (const uint8_t *)local.p;
	size_t left = local.n;
	ucs4_t c;
	int step;

	while (left > 0) {
		step = u8_mbtoucr(&c, p, left);
		if (step <= 0)
			return "the local part is not valid UTF-8";
		if (invisible(c))
			return "an invisible character in the local part";
		p += step;
		left -= (size_t)step;
	}
	return NULL;
}

/* An atom may be spelt like an encoded-word (RFC 2047).  None belongs into an
 * addr-spec, yet there are programs that decode it, and then see another
 * mailbox than the one that we wrote to. */
static bool
has_encoded_word(struct str local)
{
	size_t start = str_find(local, STR("=?"));

	return start != STR_NOWHERE &&
	       str_find(str_from(local, start + 2), STR("?=")) != STR_NOWHERE;
}

/* Dot-string of RFC 5321, 4.1.2, with the letters of RFC 6531. */
static const char *
local_fault(struct str local)
{
	size_t i;
	unsigned char c, before = '.';

	if (local.n == 0)
		return "the local part is empty";
	if (local.p[0] == '"')
		return "a quoted local part";
	if (local.n > ADDRESS_LOCAL_MAX)
		return "the local part is longer than 64 octets";
	for (i = 0; i < local.n; i++, before = c) {
		c = (unsigned char)local.p[i];
		if (c == '.' && before == '.')
			return "a misplaced dot in the local part";
		if (c < 0x20 || c == 0x7f)
			return "a control byte";
		if (c == '@')
			return "there is more than one '@'";
		if (c != '.' && c < 0x80 && !atext[c])
			return "a character that no local part may hold";
	}
	if (before == '.')
		return "a misplaced dot in the local part";
	if (has_encoded_word(local))
		return "an encoded word in the local part";
	return ascii_only(local) ? NULL : unicode_fault(local);
}

/* Lower case, and one spelling where Unicode has several (NFC), of a local
 * part: what two writings of one address have in common. */
static const char *
key_fault(struct address *a, struct str local)
{
	struct str domain = address_domain(a);
	size_t n = sizeof(a->key) - 1, i;
	uint8_t *lower;

	if (!a->needs_smtputf8) {
		for (i = 0; i < local.n; i++)
			a->key[i] = str_lower_char(local.p[i]);
		n = local.n;
	} else {
		lower = u8_tolower((const uint8_t *)local.p, local.n, NULL,
		    UNINORM_NFC, (uint8_t *)a->key, &n);
		if (lower != (uint8_t *)a->key) {
			free(lower);
			return "the local part is too long in lower case";
		}
	}
	if (n + 1 + domain.n > ADDRESS_MAX)
		return "the local part is too long in lower case";
	a->key[n] = '@';
	memcpy(a->key + n + 1, domain.p, domain.n);
	a->key_n = n + 1 + domain.n;
	a->key[a->key_n] = '\0';
	return NULL;
}

/* Puts the checked pieces together. */
static const char *
join_fault(struct address *a, struct str local, const char *domain)
{
	size_t n = strlen(domain);

	if (local.n + 1 + n > ADDRESS_MAX)
		return "the address is longer than 254 octets";
	*a = (struct address){.at = local.n, .n = local.n + 1 + n};
	memcpy(a->text, local.p, local.n);
	a->text[local.n] = '@';
	memcpy(a->text + local.n + 1, domain, n + 1);
	a->needs_smtputf8 = !ascii_only(local);
	return key_fault(a, local);
}

bool
address_parse(struct address *a, struct str text, struct err *err)
{
	char domain[ADDRESS_DOMAIN_MAX + 1];
	size_t at = str_rchr(text, '@');
	struct str local = str_sub(text, 0, at);
	const char *fault;

	if (text.n == 0)
		return err_set(err, FAIL_INPUT, "the address is empty");
	if (at == STR_NOWHERE)
		return err_set(err, FAIL_INPUT, "there is no '@'");
	fault = local_fault(local);
	if (fault != NULL)
		return err_set(err, FAIL_INPUT, "%s", fault);
	if (!domain_parse(domain, str_from(text, at + 1), err))
		return false;
	fault = mail_domain_fault(str_of(domain));
	if (fault == NULL)
		fault = join_fault(a, local, domain);
	if (fault != NULL)
		return err_set(err, FAIL_INPUT, "%s", fault);
	return true;
}

struct str
address_text(const struct address *a)
{
	return (struct str){a->text, a->n};
}

struct str
address_key(const struct address *a)
{
	return (struct str){a->key, a->key_n};
}

struct str
address_local(const struct address *a)
{
	return (struct str){a->text, a->at};
}

struct str
address_domain(const struct address *a)
{
	return str_from(address_text(a), a->at + 1);
}

bool
address_split_detail(struct str text, char sep, struct str *local,
    struct str *detail, struct str *domain)
{
	size_t at = str_rchr(text, '@'), cut;
	struct str whole;

	if (at == STR_NOWHERE)
		return false;
	whole = str_sub(text, 0, at);
	*domain = str_from(text, at + 1);
	*local = whole;
	*detail = STR_NONE;
	cut = str_chr(str_from(whole, 1), sep);
	if (cut != STR_NOWHERE) {
		*local = str_sub(whole, 0, cut + 1);
		*detail = str_from(whole, cut + 2);
	}
	return true;
}

/* A word that holds the '@', without what people put around addresses. */
static struct str
word_around_at(struct str value)
{
	static const char around[] = " \t\r\n<>()[],;:\"'";
	size_t at = str_chr(value, '@'), from, to;

	if (at == STR_NOWHERE)
		return STR_NONE;
	for (from = at; from > 0; from--)
		if (strchr(around, value.p[from - 1]) != NULL)
			break;
	for (to = at; to < value.n; to++)
		if (strchr(around, value.p[to]) != NULL)
			break;
	if (value.p[to - 1] == '.')
		to--; /* the end of a sentence */
	return str_sub(value, from, to - from);
}

bool
address_from_header(struct address *a, struct str value)
{
	size_t open = str_rchr(value, '<'), close;

	if (open != STR_NOWHERE) {
		value = str_from(value, open + 1);
		close = str_chr(value, '>');
		value = str_trim(str_sub(value, 0, close));
	} else {
		value = word_around_at(value);
	}
	return address_parse(a, value, NULL);
}
