/* Fuzz target: any bytes as a message of a mailbox. */
#include "bounce/mime_walk.h"

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

	mime_walk(&m, (struct str){(const char *)data, size});
	assert(str_is_utf8(m.header) && str_is_utf8(m.text));
	assert(str_is_utf8(m.subject) && str_is_utf8(m.returned));
	assert(m.text.n <= INBOUND_TEXT_MAX);
	inbound_mail_release(&m);
	return 0;
}
