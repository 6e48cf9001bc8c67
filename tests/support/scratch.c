#include "tests/support/scratch.h"

#include "lib/base/err.h"

#include <ftw.h>
#include <unistd.h>

#define PATHS 16

struct scratch {
	char folder[64];
	char *paths[PATHS];
	size_t used;
};

int
scratch_setup(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	*state = s;
	snprintf(s->folder, sizeof(s->folder), "/tmp/volley-test-XXXXXX");
	return mkdtemp(s->folder) != NULL ? 0 : -1;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

int
scratch_teardown(void **state)
{
	struct scratch *s = *state;
	int status = nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	while (s->used > 0)
		free(s->paths[--s->used]);
	free(s);
	return status;
}

const char *
scratch_folder(void *state)
{
	return ((struct scratch *)state)->folder;
}

const char *
scratch_path(void *state, const char *name)
{
	struct scratch *s = state;

	if (s->used == PATHS)
		BUG("a test with more than %d paths", PATHS);
	if (asprintf(&s->paths[s->used], "%s/%s", s->folder, name) < 0)
		die("out of memory");
	return s->paths[s->used++];
}
