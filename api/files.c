#include "api/files.h"

#include "lib/base/err.h"

struct str
api_file(const char *name)
{
	const struct api_file *f;

	for (f = api_files; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f->content;
	BUG("no file %s is embedded", name);
}
