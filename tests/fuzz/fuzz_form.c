/* Fuzz target: Content-Type and body of a form, a NUL between them. */
#include "api/form.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str type = {(const char *)data, size}, body, value;
	size_t end = str_chr(type, '\0');
	struct arena a;

	if (end == STR_NOWHERE || size > 4096)
		return 0;
	body = str_from(type, end + 1);
	type.n = end;
	arena_init(&a, 16U << 20);
	value = form_field(&a, type, body, "scope");
	assert(str_is_utf8(value) && !str_has_control(value));
	arena_release(&a);
	return 0;
}
