/* Fuzz target: any message becomes a row that the database takes. */
#include "bounce/finding.h"

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
	static const struct keyring ring = {.count = 1, .keys = {{.id = 1}}};
	struct str all = {(const char *)data, size};
	struct finding_source s = {.size = size, .header = all, .body = all};
	struct finding f;
	struct arena a;

	arena_init(&a, 16U << 20);
	finding_make(&f, &s, &ring, 1, &a);
	assert(str_is_utf8(f.sender) && str_is_utf8(f.subject));
	assert(str_is_utf8(f.diagnostic) && str_is_utf8(f.text));
	assert(str_chr(f.text, '\0') == STR_NOWHERE);
	assert(f.text.n <= FINDING_TEXT_MAX);
	arena_release(&a);
	return 0;
}
