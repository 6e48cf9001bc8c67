/* Fuzz target: any bytes as a delivery report. */
#include "bounce/dsn.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct dsn d;
	bool found;

	arena_init(&arena, 1U << 20);
	found = dsn_parse(&d, (struct str){(const char *)data, size}, &arena);
	assert(found == (d.count > 0) && d.count <= DSN_RECIPIENTS_MAX);
	while (d.count-- > 0)
		assert(dsn_action_name(d.recipients[d.count].action) != NULL);
	arena_release(&arena);
	return 0;
}
