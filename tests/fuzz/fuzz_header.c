/* Fuzz target: any block as a header; its values, written, stay one field. */
#include "lib/mail/header.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str block = {(const char *)data, size}, written, text;
	struct header_field f;
	struct arena a;
	struct buf out;

	arena_init(&a, 1U << 24);
	buf_init(&out, HEADER_BLOCK_MAX);
	(void)header_get(block, "Subject", &a);
	while (header_next(&block, &f)) {
		text = header_decode(header_unfold(f.value, &a), &a);
		assert(str_is_utf8(text) && !str_has_control(text));
		buf_reset(&out);
		if (!header_text(&out, "Subject", text, NULL))
			continue;
		written = buf_view(&out);
		assert(header_next(&written, &f) && written.n == 0);
		assert(str_eq(header_decode(header_unfold(f.value, &a), &a),
		    str_trim(text)));
	}
	buf_release(&out);
	arena_release(&a);
	return 0;
}
