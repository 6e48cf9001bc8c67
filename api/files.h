/*
 * files.h - files that were embedded at build (api/embed.py): the API's
 * contract as JSON, and what public pages need.
 */
#ifndef API_FILES_H
#define API_FILES_H

#include "lib/base/str.h"

struct api_file {
	const char *name; /* "openapi.json", "style.css", ... */
	struct str content;
};

extern const struct api_file api_files[]; /* name NULL at the end */

/* Content by name; BUG when there is no such file. */
struct str api_file(const char *name);

#endif
