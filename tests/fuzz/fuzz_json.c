/* Fuzz target: any JSON; what is taken holds valid UTF-8 and its members are
 * found. */
#include "templates/liquid/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct value v)
{
	uint32_t i;

	if (v.type == VALUE_STRING && !str_is_utf8(value_text(v)))
		abort();
	for (i = 0; v.type == VALUE_ARRAY && i < v.n; i++)
		check(v.u.items[i]);
	for (i = 0; v.type == VALUE_OBJECT && i < v.n; i++) {
		if (value_member(v, v.u.members[i].key).type !=
		    v.u.members[i].value.type)
			abort();
		check(v.u.members[i].value);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str json = {(const char *)data, size};
	struct value v;
	struct arena a;

	arena_init(&a, 8U << 20);
	if (value_from_json(&v, json, &a, NULL))
		check(v);
	arena_release(&a);
	return 0;
}
