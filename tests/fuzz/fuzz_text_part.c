/* Fuzz target: any HTML; the text part is bounded by it. */
#include "templates/text_part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str html = {(const char *)data, size};
	struct buf out;

	buf_init(&out, 16 * size + 16);
	text_part(&out, html);
	if (out.full)
		abort();
	buf_release(&out);
	return 0;
}
