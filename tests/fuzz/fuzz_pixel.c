/* Fuzz target: what a shop's pixel says was paid, "VALUE NUL CURRENCY", and
 * the link that leads to the shop with an id in it, behind another NUL. */
#include "api/currency.h"
#include "api/url.h"

#include <assert.h>

#define AMOUNT_MAX INT64_C(1000000000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
host_end(struct str url)
{
	size_t i = str_find(url, STR("://")) + 3;

	while (i < url.n && str_chr(STR("/?#"), url.p[i]) == STR_NOWHERE)
		i++;
	return i;
}

/* Wherever it led, it leads to the same host with the id. */
static void
same_host(struct str before, struct str after)
{
	size_t n = host_end(before);

	assert(str_starts(after, str_sub(before, 0, n)));
	assert(host_end(after) == n);
	assert(str_find(after, STR("vclid=a2")) != STR_NOWHERE);
}

static void
follow(struct str url)
{
	struct buf before, after;
	struct arena a;
	bool leads;

	arena_init(&a, 1 << 16);
	buf_init(&before, 1 << 16);
	buf_init(&after, 1 << 16);
	leads = url_location(&before, url);
	assert(url_location(&after, url_with(&a, url, "vclid", "a2")) == leads);
	if (leads)
		same_host(buf_view(&before), buf_view(&after));
	buf_release(&after);
	buf_release(&before);
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size}, value, code;
	int64_t amount = -1;

	if (size > 4096 || !str_cut(&text, '\0', &value) ||
	    !str_cut(&text, '\0', &code))
		return 0;
	if (currency_parse(value, code, &amount))
		assert(amount >= 0 && amount < AMOUNT_MAX &&
		       currency_exists(code));
	follow(text);
	return 0;
}
