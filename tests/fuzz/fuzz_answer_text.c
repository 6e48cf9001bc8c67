/* Fuzz target: what a person wrote is a piece of what came; as
 * plain text and as HTML. */
#include "bounce/answer_text.h"
#include "bounce/html_text.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct str text)
{
	struct str got = answer_text(text);

	assert(got.n <= text.n);
	assert(got.n == 0 ||
	       (got.p >= text.p && got.p + got.n <= text.p + text.n));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = {(const char *)data, size};
	struct buf b;

	check(all);
	buf_init(&b, 65536);
	html_text(&b, all);
	check(buf_view(&b));
	buf_release(&b);
	return 0;
}
