#include "templates/snippet_folder.h"

#include "lib/base/file.h"
#include "templates/liquid/liquid.h"

#define PATH_LENGTH_MAX 4096

static bool
is_name(struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] == '/' || name.p[i] == '\x7f')
			return false;
	return name.n > 0 && name.p[0] != '.';
}

static bool
read_snippet(struct snippet_folder *f, const char *path, struct str *source,
    struct err *err)
{
	struct buf b;
	bool ok;

	buf_init(&b, LIQUID_SOURCE_MAX);
	ok = file_read(path, &b, err);
	if (ok)
		*source = arena_dup(f->arena, buf_view(&b));
	buf_release(&b);
	return ok;
}

bool
snippet_folder_find(struct str name, struct str *source, void *arg)
{
	static const char *const endings[] = {"", ".liquid", ".html"};
	struct snippet_folder *f = arg;
	char path[PATH_LENGTH_MAX];
	struct err err;
	size_t i;
	int n;

	if (!is_name(name))
		return false;
	for (i = 0; i < ARRAY_LEN(endings); i++) {
		err = (struct err){0};
		n = snprintf(path, sizeof(path), "%s/%.*s%s", f->path,
		    STR_ARG(name), endings[i]);
		if (n > 0 && n < (int)sizeof(path) &&
		    read_snippet(f, path, source, &err))
			return true;
		if (err.kind != FAIL_MISSING)
			f->err = err;
	}
	return false;
}
