#include "api/import_ndjson.h"

#include "api/body.h"
#include "api/contacts.h"
#include "api/lines.h"
#include "lib/base/mem.h"
#include "lib/mail/header.h"

#include <stdarg.h>

struct import_ndjson {
	struct lines lines;
	json_t *object; /* of the row that was given last */
	char *attributes;
};

struct import_ndjson *
import_ndjson_new(int fd)
{
	struct import_ndjson *n = NEW(struct import_ndjson);

	lines_init(&n->lines, fd);
	return n;
}

static void
forget_row(struct import_ndjson *n)
{
	json_decref(n->object);
	n->object = NULL;
	free(n->attributes);
	n->attributes = NULL;
}

void
import_ndjson_free(struct import_ndjson *n)
{
	if (n == NULL)
		return;
	forget_row(n);
	lines_release(&n->lines);
	free(n);
}

int64_t
import_ndjson_offset(const struct import_ndjson *n)
{
	return n->lines.offset;
}

static bool refuse(struct import_row *row, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

static bool
refuse(struct import_row *row, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(row->fault, sizeof(row->fault), fmt, ap);
	va_end(ap);
	return false;
}

static bool
parse(struct import_ndjson *n, const struct line *line, struct import_row *row)
{
	struct str text = str_trim(line->text);
	json_error_t e;

	if (line->number == 1 && str_starts(text, STR("\xef\xbb\xbf")))
		text = str_from(text, 3);
	row->line = line->number;
	row->fault[0] = '\0';
	row->leave = IMPORT_STAYS;
	row->value = text;
	if (line->cut)
		return refuse(row, "the line is longer than 1 MiB");
	n->object = json_loadb(text.p, text.n,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (n->object == NULL)
		return refuse(row, "is not JSON: column %d: %.120s", e.column,
		    body_json_error(&e));
	return json_is_object(n->object) || refuse(row, "is no JSON object");
}

/* A member that is a string or not there; taken out of the object. */
static bool
take_text(const struct import_ndjson *n, const char *field,
    struct import_row *row, struct str *out)
{
	const json_t *v = json_object_get(n->object, field);

	*out = STR("");
	if (v == NULL || json_is_null(v))
		return true;
	if (!json_is_string(v))
		return refuse(row, "%s: is no string", field);
	*out = (struct str){json_string_value(v), json_string_length(v)};
	return true;
}

static bool
take_known(const struct import_ndjson *n, struct import_row *row)
{
	struct str email;
	struct err err;

	if (!take_text(n, "email", row, &email) ||
	    !take_text(n, "name", row, &row->name))
		return false;
	if (!address_parse(&row->address, str_trim(email), &err))
		return refuse(row, "email: %s", err.text);
	if (row->name.n > CONTACT_NAME_MAX)
		return refuse(row, "name: is longer than %d bytes",
		    CONTACT_NAME_MAX);
	return header_text_ok(row->name) ||
	       refuse(row, "name: has control characters in it");
}

static bool
is_known(const char *member)
{
	return strcmp(member, "email") == 0 || strcmp(member, "name") == 0 ||
	       strcmp(member, "attributes") == 0;
}

/* The members of "attributes" and all others, in one object. */
static json_t *
gather(const struct import_ndjson *n)
{
	void *at = json_object_iter(n->object);
	json_t *all = json_object();

	for (; at != NULL; at = json_object_iter_next(n->object, at))
		if (!is_known(json_object_iter_key(at)))
			json_object_set(all, json_object_iter_key(at),
			    json_object_iter_value(at));
	json_object_update(all, json_object_get(n->object, "attributes"));
	return all;
}

static bool
take_attributes(struct import_ndjson *n, struct import_row *row)
{
	const json_t *given = json_object_get(n->object, "attributes");
	json_t *all;
	bool flat;

	if (given != NULL && !json_is_object(given))
		return refuse(row, "attributes: is no object");
	all = gather(n);
	flat = body_is_flat(all, BODY_DEPTH_MAX);
	if (flat)
		n->attributes = json_dumps(all, BODY_JSON_FLAGS);
	json_decref(all);
	if (n->attributes == NULL)
		return refuse(row, "is nested more than %d deep",
		    BODY_DEPTH_MAX);
	row->attributes = str_of(n->attributes);
	return row->attributes.n <= CONTACT_ATTRIBUTES_MAX ||
	       refuse(row, "the attributes are longer than %u bytes",
		   CONTACT_ATTRIBUTES_MAX);
}

enum import_outcome
import_ndjson_next(struct import_ndjson *n, struct import_row *row,
    struct err *err)
{
	enum lines_outcome got;
	struct line line;
	bool good;

	do
		got = lines_next(&n->lines, &line, err);
	while (got == LINES_LINE && str_trim(line.text).n == 0);
	if (got != LINES_LINE)
		return got == LINES_END ? IMPORT_END : IMPORT_FAILED;
	if (row == NULL)
		return IMPORT_ROW;
	forget_row(n);
	good = parse(n, &line, row) && take_known(n, row) &&
	       take_attributes(n, row);
	if (good != (row->fault[0] == '\0'))
		BUG("a row is both good and bad");
	return IMPORT_ROW;
}
