/*
 * snippet_folder.h - a folder whose files are the snippets of a template, for
 * the commands: NAME, NAME.liquid or NAME.html is what `render` and `include`
 * take in.
 */
#ifndef TEMPLATES_SNIPPET_FOLDER_H
#define TEMPLATES_SNIPPET_FOLDER_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct snippet_folder {
	const char *path;    /* borrowed */
	struct arena *arena; /* takes what is read */
	struct err err;      /* of a file that is there and cannot be read */
};

/* A liquid_partial_fn; arg is the folder.  Names do not lead out of it. */
bool snippet_folder_find(struct str name, struct str *source, void *arg);

#endif
