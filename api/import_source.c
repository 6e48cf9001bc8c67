#include "api/import_source.h"

#include "api/import_csv.h"
#include "api/import_ndjson.h"
#include "lib/base/mem.h"

struct import_source {
	enum import_format format;
	struct import_csv *csv;
	struct import_ndjson *ndjson;
};

static const char *const format_names[] = {
    [IMPORT_CSV] = "csv",
    [IMPORT_NDJSON] = "ndjson",
};

const char *
import_format_name(enum import_format f)
{
	return format_names[f];
}

bool
import_format_parse(struct str name, enum import_format *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(format_names); i++)
		if (str_eq(name, str_of(format_names[i]))) {
			*out = (enum import_format)i;
			return true;
		}
	return false;
}

bool
import_source_open(struct import_source **out, int fd,
    enum import_format format, const struct import_options *options,
    struct err *err)
{
	struct import_source *s = NEW(struct import_source);

	s->format = format;
	if (format == IMPORT_NDJSON)
		s->ndjson = import_ndjson_new(fd);
	else if (!import_csv_open(&s->csv, fd, options, err)) {
		import_source_free(s);
		return false;
	}
	*out = s;
	return true;
}

void
import_source_free(struct import_source *s)
{
	if (s == NULL)
		return;
	import_csv_free(s->csv);
	import_ndjson_free(s->ndjson);
	free(s);
}

enum import_outcome
import_source_next(struct import_source *s, struct import_row *row,
    struct err *err)
{
	if (s->format == IMPORT_NDJSON)
		return import_ndjson_next(s->ndjson, row, err);
	return import_csv_next(s->csv, row, err);
}

bool
import_source_skip(struct import_source *s, int64_t rows, struct err *err)
{
	enum import_outcome got = IMPORT_ROW;

	for (; rows > 0 && got == IMPORT_ROW; rows--)
		got = s->format == IMPORT_NDJSON
			  ? import_ndjson_next(s->ndjson, NULL, err)
			  : import_csv_next(s->csv, NULL, err);
	if (got == IMPORT_END)
		err_set(err, FAIL_INPUT, "the file has become shorter");
	return got == IMPORT_ROW;
}

int64_t
import_source_offset(const struct import_source *s)
{
	return s->format == IMPORT_NDJSON ? import_ndjson_offset(s->ndjson)
					  : import_csv_offset(s->csv);
}
