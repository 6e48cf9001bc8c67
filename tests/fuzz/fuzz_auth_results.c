/* Fuzz target: any bytes as a header block with Authentication-Results.  A
 * host that is not named, or whose field says no such thing, is no proof. */
#include "bounce/auth_results.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct auth_trust trust = {STR("mx.test"), STR("fbl.test")};
	struct str header = {(const char *)data, size};
	struct arena a;

	arena_init(&a, 1U << 20);
	if (auth_results_pass(header, &trust, &a)) {
		assert(str_find_nocase(header, STR("mx.test")) != STR_NOWHERE);
		assert(str_find_nocase(header, STR("fbl.test")) != STR_NOWHERE);
		assert(str_find_nocase(header, STR("dkim")) != STR_NOWHERE);
	}
	arena_release(&a);
	return 0;
}
