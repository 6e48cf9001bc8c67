/* Any bytes that a server can send, split at newlines: the kept text is
 * storable and within its limit, whatever came. */
#include "lib/base/base.h"

#include "sender/smtp_reply.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct smtp_reply *r)
{
	assert(r->text_n <= SMTP_REPLY_TEXT_MAX);
	assert(!str_has_control(smtp_reply_text(r)));
	assert(str_is_utf8(smtp_reply_text(r)));
	assert(r->status.class == 0 || r->status.class == r->code / 100);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size}, line;
	struct smtp_reply r;
	struct err err;

	smtp_reply_reset(&r);
	while (str_cut(&rest, '\n', &line)) {
		if (smtp_reply_feed(&r, line, &err) != SMTP_REPLY_MORE)
			smtp_reply_reset(&r);
		check(&r);
	}
	return 0;
}
