/* Fuzz target: any text as an address; what is accepted is fit for SMTP. */
#include "lib/mail/address.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct address a, again;
	struct str local, detail, domain;
	struct err err;

	address_split_detail(text, '+', &local, &detail, &domain);
	address_from_header(&a, text);
	if (!address_parse(&a, text, &err))
		return 0;
	assert(a.n <= ADDRESS_MAX && a.n == strlen(a.text));
	assert(a.key_n <= ADDRESS_MAX && a.key_n == strlen(a.key));
	assert(strpbrk(a.text, "<>\"\\ \r\n\t,;:()[]") == NULL);
	assert(strchr(a.text, '@') == strrchr(a.text, '@'));
	assert(address_parse(&again, address_text(&a), &err));
	assert(str_eq(address_text(&again), address_text(&a)));
	return 0;
}
