/* Fuzz target: a format up to the first line end, then a date; what is a date
 * is written, and read again it is the same moment. */
#include "lib/base/err.h"
#include "templates/liquid/liquid_time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size}, format;
	struct liquid_time t, again;
	struct buf out;

	if (!str_cut(&rest, '\n', &format) ||
	    !liquid_time_parse(&t, rest, 1700000000000000))
		return 0;
	buf_init(&out, 1U << 20);
	liquid_time_format(&out, &t, format);
	buf_reset(&out);
	liquid_time_format(&out, &t, STR("%Y-%m-%d %H:%M:%S.%6N %::z"));
	if (t.us > 0 && t.us < 250000000000000000 &&
	    (!liquid_time_parse(&again, buf_view(&out), 0) || again.us != t.us))
		abort();
	buf_release(&out);
	return 0;
}
