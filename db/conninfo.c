#include "db/conninfo.h"

#include "lib/base/file.h"

bool
database_conninfo(const struct settings *settings,
    char out[DATABASE_CONNINFO_MAX], struct err *err)
{
	char path[SETTING_TEXT_MAX + sizeof(DATABASE_CONNINFO_FILE) + 1];
	struct buf text;
	bool ok = true;

	snprintf(out, DATABASE_CONNINFO_MAX, "%s", settings->database);
	snprintf(path, sizeof(path), "%s/%s", settings->home,
	    DATABASE_CONNINFO_FILE);
	if (out[0] != '\0' || !file_exists(path))
		return true;
	buf_init(&text, DATABASE_CONNINFO_MAX - 1);
	ok = file_read(path, &text, err);
	if (ok)
		snprintf(out, DATABASE_CONNINFO_MAX, "%.*s",
		    STR_ARG(str_trim(buf_view(&text))));
	buf_wipe(&text);
	return ok;
}
