/* Fuzz target: any template; each warning has a place in it. */
#include "templates/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct lint_warning *w, void *arg)
{
	if (w->line < 0 || w->column < 0 || w->rule == NULL ||
	    w->part == NULL || w->line > *(const int *)arg)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = {(const char *)data, size};
	struct message_source source = {.subject = s};
	int lines = (int)size + 1;

	if (size > 16384)
		return 0;
	if (size % 2 == 0)
		source.html = s;
	else
		source.markdown = s;
	lint_message(&source, check, &lines);
	return 0;
}
