/* Fuzz target: any bytes through the transfer encodings and back. */
#include "lib/mail/transfer.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = {(const char *)data, size};
	struct buf wire, back;

	buf_init(&wire, 8 * size + 8);
	buf_init(&back, 8 * size + 8);
	base64_decode_lenient(&back, in);
	qp_decode(&back, in);
	buf_reset(&back);
	base64_lines(&wire, in);
	base64_decode_lenient(&back, buf_view(&wire));
	assert(str_eq(buf_view(&back), in));
	buf_reset(&wire);
	buf_reset(&back);
	qp_encode(&wire, in);
	qp_decode(&back, buf_view(&wire));
	assert(!wire.full && back.n >= in.n - (in.n > 0 ? in.n / 2 : 0));
	assert(str_find(buf_view(&wire), STR("\n.")) == STR_NOWHERE);
	buf_release(&wire);
	buf_release(&back);
	return 0;
}
