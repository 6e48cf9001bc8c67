/* Fuzz target: any text as an address; what is accepted is fit for SMTP. */
#include "lib/mail/address.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_fit(const struct address *a)
{
	struct address again;

	return a->n == strlen(a->text) && a->key_n == strlen(a->key) &&
	       a->n <= ADDRESS_MAX && a->key_n <= ADDRESS_MAX &&
	       strpbrk(a->text, "<>\"\\ \r\n\t,;:()[]") == NULL &&
	       strchr(a->text, '@') == strrchr(a->text, '@') &&
	       address_parse(&again, address_text(a), NULL) &&
	       str_eq(address_text(&again), address_text(a));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct address a;
	struct str local, detail, domain;
	struct err err;

	address_split_detail(text, '+', &local, &detail, &domain);
	address_from_header(&a, text);
	if (!address_parse(&a, text, &err))
		return 0;
	assert(is_fit(&a));
	return 0;
}
