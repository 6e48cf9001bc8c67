/* Whatever a token endpoint answers: a token that fits into a login, or words
 * that can be shown. */
#include "lib/base/base.h"

#include "lib/net/oauth.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
fits(const struct oauth_answer *a)
{
	return a->access_token.n > 0 && a->access_token.n <= OAUTH_SECRET_MAX &&
	       !str_has_control(a->access_token) &&
	       !str_has_control(a->refresh_token) && a->expires_s > 0 &&
	       a->expires_s <= OAUTH_EXPIRES_MAX;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = {(const char *)data, size};
	struct oauth_answer a;
	struct buf texts;

	if (size == 0)
		return 0;
	buf_init(&texts, OAUTH_ANSWER_MAX);
	oauth_read(&a, data[0] % 2 ? 200 : 400, str_from(body, 1), &texts);
	if (a.result == OAUTH_GRANTED)
		assert(fits(&a));
	else
		assert(a.err.text[0] != '\0' &&
		       !str_has_control(str_of(a.err.text)));
	buf_wipe(&texts);
	return 0;
}
