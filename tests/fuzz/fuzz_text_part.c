/* Fuzz target: any HTML; the text part is bounded by it, and that of a
 * template that compiles compiles, too. */
#include "templates/html/text_part.h"
#include "templates/liquid/liquid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
compiles(struct str source, enum liquid_escape escape)
{
	struct liquid_error error;
	struct liquid *program;

	if (!liquid_compile(&program, source, escape, &error))
		return false;
	liquid_free(program);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str html = {(const char *)data, size};
	struct buf out;

	buf_init(&out, 16 * size + 256);
	text_of_html(&out, html);
	if (out.full)
		abort();
	buf_release(&out);
	buf_init(&out, 128 * size + 256);
	text_part(&out, html);
	if (out.full || (compiles(html, LIQUID_TEXT) &&
			    !compiles(buf_view(&out), LIQUID_DERIVED)))
		abort();
	buf_release(&out);
	return 0;
}
