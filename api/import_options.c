#include "api/import_options.h"

#include "lib/base/clock.h"
#include "lib/base/json_write.h"

#include <math.h>
#include <stdlib.h>

#define NUMBER_MAX 40 /* bytes */

static const struct {
	const char *name;
	char delimiter;
} delimiters[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'},
    {"pipe", '|'}};

static const char *const type_names[] = {
    [IMPORT_TEXT] = "text",
    [IMPORT_NUMBER] = "number",
    [IMPORT_BOOLEAN] = "boolean",
    [IMPORT_DATE] = "date",
    [IMPORT_OBJECT] = "object",
    [IMPORT_STATUS] = "status",
};

void
import_options_init(struct import_options *o)
{
	*o = (struct import_options){0};
}

void
import_options_release(struct import_options *o)
{
	json_decref(o->columns);
	o->columns = NULL;
}

static bool
find_type(const char *name, enum import_type *out)
{
	size_t i;

	for (i = 0; name != NULL && i < ARRAY_LEN(type_names); i++)
		if (strcmp(name, type_names[i]) == 0) {
			*out = (enum import_type)i;
			return true;
		}
	return false;
}

static bool
name_ok(const char *name)
{
	size_t n = name != NULL ? strlen(name) : 0;

	return n > 0 && n <= IMPORT_COLUMN_NAME_MAX &&
	       !str_has_control(str_of(name));
}

static bool
read_column(const char *header, json_t *v, struct import_column *out,
    struct err *err)
{
	const char *type = "text", *name = json_string_value(v);

	*out = (struct import_column){0};
	if (json_is_null(v))
		return true;
	if (json_is_object(v) &&
	    json_unpack_ex(v, NULL, JSON_STRICT, "{s:s, s?s}", "name", &name,
		"type", &type) != 0)
		name = NULL;
	if (!name_ok(name))
		return err_set(err, FAIL_INPUT,
		    "columns: \"%.100s\" must be a name of 1 to %d bytes, "
		    "null, "
		    "or an object with name and type",
		    header, IMPORT_COLUMN_NAME_MAX);
	out->name = name;
	return find_type(type, &out->type) ||
	       err_set(err, FAIL_INPUT,
		   "columns: the type of \"%.100s\" must be one of: text "
		   "number "
		   "boolean date object status",
		   header);
}

static bool
read_columns(struct import_options *o, json_t *columns, struct err *err)
{
	struct import_column ignored;
	const char *header;
	json_t *v;

	if (columns == NULL)
		return true;
	if (!json_is_object(columns))
		return err_set(err, FAIL_INPUT, "columns: must be an object");
	json_object_foreach(columns, header,
	    v) if (!read_column(header, v, &ignored, err)) return false;
	o->columns = json_incref(columns);
	return true;
}

static bool
read_delimiter(struct import_options *o, const char *name, struct err *err)
{
	size_t i;

	for (i = 0; name != NULL && i < ARRAY_LEN(delimiters); i++)
		if (strcmp(name, delimiters[i].name) == 0)
			o->delimiter = delimiters[i].delimiter;
	return name == NULL || o->delimiter != 0 ||
	       err_set(err, FAIL_INPUT,
		   "delimiter: must be one of: comma semicolon tab pipe");
}

static bool
read_encoding(struct import_options *o, const char *name, struct err *err)
{
	return name == NULL ||
	       import_encoding_parse(str_of(name), &o->encoding) ||
	       err_set(err, FAIL_INPUT,
		   "encoding: must be one of: detect utf-8 utf-16le utf-16be "
		   "windows-1252");
}

static bool
read_origin(struct import_options *o, const char *name, struct err *err)
{
	return name == NULL || import_origin_parse(str_of(name), &o->origin) ||
	       err_set(err, FAIL_INPUT,
		   "source: must be one of: any listmonk mailchimp");
}

bool
import_options_parse(struct import_options *o, struct str json, struct err *err)
{
	const char *encoding = NULL, *delimiter = NULL, *source = NULL;
	json_t *all, *columns = NULL;
	bool ok;

	import_options_init(o);
	all = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	ok = json_unpack_ex(all, NULL, JSON_STRICT, "{s?s, s?s, s?s, s?o}",
		 "encoding", &encoding, "delimiter", &delimiter, "source",
		 &source, "columns", &columns) == 0;
	ok = ok ? read_encoding(o, encoding, err) &&
		      read_delimiter(o, delimiter, err) &&
		      read_origin(o, source, err) &&
		      read_columns(o, columns, err)
		: err_set(err, FAIL_INPUT, "columns: is no JSON");
	json_decref(all);
	return ok;
}

bool
import_options_gather(const struct import_words *w, struct buf *json,
    struct err *err)
{
	struct import_options o;
	struct json_write j;

	json_write_init(&j, json);
	json_write_open(&j, '{');
	if (w->encoding.p != NULL)
		json_write_member(&j, "encoding", w->encoding);
	if (w->delimiter.p != NULL)
		json_write_member(&j, "delimiter", w->delimiter);
	if (w->source.p != NULL)
		json_write_member(&j, "source", w->source);
	if (w->columns.p != NULL) {
		json_write_key(&j, "columns");
		json_write_raw(&j, w->columns);
	}
	json_write_close(&j, '}');
	if (json->full)
		return err_set(err, FAIL_INPUT,
		    "columns: is longer than %u bytes", IMPORT_OPTIONS_MAX);
	if (!import_options_parse(&o, buf_view(json), err))
		return false;
	import_options_release(&o);
	return true;
}

struct import_column
import_options_column(const struct import_options *o, const char *header)
{
	struct import_column c = import_origin_column(o->origin, header);
	json_t *v = json_object_get(o->columns, header);
	struct err err;

	if (v != NULL && !read_column(header, v, &c, &err))
		BUG("%s", err.text);
	return c;
}

const char *
import_options_unknown(const struct import_options *o,
    const char *const *header, size_t n)
{
	const char *name;
	json_t *v;
	size_t i;

	json_object_foreach(o->columns, name, v)
	{
		for (i = 0; i < n && strcmp(name, header[i]) != 0; i++)
			continue;
		if (i == n)
			return name;
	}
	return NULL;
}

/* Values ------------------------------------------------------------------ */

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool
is_json_number(const char *p)
{
	p += *p == '-';
	if (*p == '0' && p[1] >= '0' && p[1] <= '9')
		return false;
	if (*p < '0' || *p > '9')
		return false;
	p += strspn(p, "0123456789");
	if (*p == '.') {
		if (p[1] < '0' || p[1] > '9')
			return false;
		p += 1 + strspn(p + 1, "0123456789");
	}
	if (*p == 'e' || *p == 'E') {
		p += 1 + (p[1] == '+' || p[1] == '-');
		if (*p < '0' || *p > '9')
			return false;
		p += strspn(p, "0123456789");
	}
	return *p == '\0';
}

static const char *
write_number(struct str cell, struct buf *out)
{
	char text[NUMBER_MAX + 1];

	if (cell.n > NUMBER_MAX)
		return "is no number";
	memcpy(text, cell.p, cell.n);
	text[cell.n] = '\0';
	if (!is_json_number(text) || !isfinite(strtod(text, NULL)))
		return "is no number like 1234.5";
	buf_str(out, cell);
	return NULL;
}

static const char *
write_boolean(struct str cell, struct buf *out)
{
	static const char *const words[][2] = {{"false", "true"}, {"no", "yes"},
	    {"n", "y"}, {"0", "1"}, {"off", "on"}, {"f", "t"}};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (!str_eq_nocase(cell, str_of(words[i][0])) &&
		    !str_eq_nocase(cell, str_of(words[i][1])))
			continue;
		buf_puts(out, str_eq_nocase(cell, str_of(words[i][1]))
				  ? "true"
				  : "false");
		return NULL;
	}
	return "is neither true nor false";
}

static const char *
write_date(struct str cell, struct buf *out)
{
	int64_t us;

	if (!time_parse_rfc3339(cell, &us))
		return "is no date like 2026-12-01";
	buf_printf(out, "\"%.*s\"", STR_ARG(cell));
	return NULL;
}

const char *
import_type_write(enum import_type type, struct str cell, struct buf *out)
{
	struct json_write j;

	switch (type) {
	case IMPORT_NUMBER: return write_number(str_trim(cell), out);
	case IMPORT_BOOLEAN: return write_boolean(str_trim(cell), out);
	case IMPORT_DATE: return write_date(str_trim(cell), out);
	case IMPORT_OBJECT:
	case IMPORT_STATUS: BUG("is no value of its own");
	case IMPORT_TEXT: break;
	}
	json_write_init(&j, out);
	json_write_text(&j, cell);
	return NULL;
}
