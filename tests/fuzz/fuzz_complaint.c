/* Fuzz target: any message is read for a complaint, and for the other things
 * that people and their machines send. */
#include "bounce/auto_reply.h"
#include "bounce/challenge.h"
#include "bounce/complaint.h"
#include "bounce/unsubscribe.h"

#include <assert.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	mime_walk_start();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inbound_mail m;
	struct complaint c;
	int i;

	mime_walk(&m, (struct str){(const char *)data, size});
	if (complaint_read(&c, &m)) {
		assert(c.rule != NULL && c.type.n <= COMPLAINT_WORD_MAX);
		assert(c.count <= COMPLAINT_RECIPIENTS_MAX);
		for (i = 0; i < c.count; i++)
			assert(
			    str_chr(c.recipients[i].final, '@') != STR_NOWHERE);
	}
	(void)complaint_may_be(m.header);
	(void)unsubscribe_rule(&m);
	(void)challenge_rule(&m);
	(void)auto_reply_rule(&m);
	inbound_mail_release(&m);
	return 0;
}
