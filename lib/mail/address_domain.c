#include "lib/mail/address.h"

#include <idn2.h>

/* UTF-8 may be longer than the A-labels it stands for, but not endless. */
#define DOMAIN_RAW_MAX   1020
#define DOMAIN_LABEL_MAX 63

static bool
is_ldh(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-';
}

static bool
ascii_only(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* What is wrong with one label, or NULL.  Letters, digits and hyphens only:
 * libidn2's own check of that deletes what it does not like. */
static const char *
label_fault(struct str label)
{
	size_t i;

	if (label.n == 0)
		return "the domain has an empty label";
	if (label.n > DOMAIN_LABEL_MAX)
		return "a label of the domain is longer than 63 octets";
	if (label.p[0] == '-' || label.p[label.n - 1] == '-')
		return "a label of the domain starts or ends with a hyphen";
	for (i = 0; i < label.n; i++)
		if (!is_ldh(label.p[i]))
			return "a character that no domain may hold";
	return NULL;
}

static const char *
labels_fault(struct str domain)
{
	const char *fault = NULL;
	size_t dot;

	if (domain.n == 0)
		return "the domain is empty";
	if (domain.n > ADDRESS_DOMAIN_MAX)
		return "the domain is longer than 255 octets";
	while (fault == NULL) {
		dot = str_chr(domain, '.');
		fault = label_fault(str_sub(domain, 0, dot));
		if (dot == STR_NOWHERE)
			break;
		domain = str_from(domain, dot + 1);
	}
	return fault;
}

/* U-labels to A-labels by UTS 46, non-transitional (so that eszett stays
 * itself).  What the mapping makes of odd letters is checked afterwards. */
static const char *
domain_to_ascii(char *out, struct str text)
{
	char raw[DOMAIN_RAW_MAX + 1];
	uint8_t *ascii = NULL;
	const char *fault;
	size_t i;

	for (i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x80 && text.p[i] != '.' &&
		    !is_ldh(text.p[i]))
			return "a character that no domain may hold";
	memcpy(raw, text.p, text.n);
	raw[text.n] = '\0';
	if (idn2_lookup_u8((const uint8_t *)raw, &ascii,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return "not a valid internationalised domain";
	fault = labels_fault(str_of((const char *)ascii));
	if (fault == NULL)
		memcpy(out, ascii, strlen((const char *)ascii) + 1);
	idn2_free(ascii);
	return fault;
}

static const char *
domain_fault(char *out, struct str text)
{
	const char *fault;
	size_t i;

	if (text.n > DOMAIN_RAW_MAX)
		return "the domain is longer than 255 octets";
	if (!ascii_only(text)) {
		if (!str_is_utf8(text))
			return "the domain is not valid UTF-8";
		fault = domain_to_ascii(out, text);
	} else {
		fault = labels_fault(text);
		if (fault == NULL) {
			memcpy(out, text.p, text.n);
			out[text.n] = '\0';
		}
	}
	for (i = 0; fault == NULL && out[i] != '\0'; i++)
		out[i] = str_lower_char(out[i]);
	return fault;
}

bool
domain_parse(char *out, struct str text, struct err *err)
{
	const char *fault = domain_fault(out, text);

	if (fault != NULL)
		return err_set(err, FAIL_INPUT, "%s", fault);
	return true;
}
