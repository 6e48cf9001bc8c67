#include "api/import_csv.h"

#include "api/body.h"
#include "api/contacts.h"
#include "api/csv_reader.h"
#include "lib/base/arena.h"
#include "lib/base/json_write.h"
#include "lib/base/mem.h"
#include "lib/mail/header.h"

#include <stdarg.h>

#define COLUMN_NONE        ((size_t)-1)
#define COLUMN_NAMES_BYTES (64U << 10)

struct import_csv {
	const struct import_options *options;
	struct csv_reader *reader;
	struct arena names;
	const char *headers[CSV_COLUMNS_MAX]; /* as they stand in the file */
	const char *columns[CSV_COLUMNS_MAX]; /* NULL: is not taken */
	enum import_type types[CSV_COLUMNS_MAX];
	size_t column_count;
	size_t email, name;      /* which columns; name may be COLUMN_NONE */
	size_t first, last;      /* parts of the name when it is not there */
	enum import_leave leave; /* of every row */
	struct buf attributes, cell, full_name;
};

static bool
check_header(const struct import_csv *c, struct str name, struct err *err)
{
	size_t n = c->column_count + 1;

	if (name.n == 0)
		return err_set(err, FAIL_INPUT,
		    "column %zu of the header has no name", n);
	if (name.n > IMPORT_COLUMN_NAME_MAX)
		return err_set(err, FAIL_INPUT,
		    "the name of column %zu is longer than %d bytes", n,
		    IMPORT_COLUMN_NAME_MAX);
	if (!str_is_utf8(name) || str_has_control(name))
		return err_set(err, FAIL_INPUT,
		    "the name of column %zu is not UTF-8 text", n);
	return true;
}

/* `email` and `name` in any case: programs that export write "Email". */
static const char *
known_name(const char *name)
{
	if (name == NULL)
		return NULL;
	if (str_eq_nocase(str_of(name), STR("email")))
		return "email";
	if (str_eq_nocase(str_of(name), STR("name")))
		return "name";
	return name;
}

static bool
check_twice(const struct import_csv *c, const char *name, struct err *err)
{
	size_t i;

	for (i = 0; name != NULL && i < c->column_count; i++)
		if (c->columns[i] != NULL && strcmp(name, c->columns[i]) == 0)
			return err_set(err, FAIL_INPUT,
			    "the header has \"%s\" twice", name);
	return true;
}

/* What a column of another program tells beside its own value. */
static void
take_part(struct import_csv *c, size_t i)
{
	if (c->columns[i] != NULL && strcmp(c->columns[i], "first_name") == 0)
		c->first = i;
	if (c->columns[i] != NULL && strcmp(c->columns[i], "last_name") == 0)
		c->last = i;
	if (c->leave == IMPORT_STAYS)
		c->leave =
		    import_origin_leave(c->options->origin, c->headers[i]);
}

static bool
read_column(struct import_csv *c, struct str field, struct err *err)
{
	size_t i = c->column_count;
	struct import_column column;

	if (!check_header(c, field, err))
		return false;
	c->headers[i] = arena_cstr(&c->names, field);
	column = import_options_column(c->options, c->headers[i]);
	column.name = known_name(column.name);
	if (!check_twice(c, column.name, err))
		return false;
	c->columns[i] = column.name;
	c->types[i] = column.type;
	c->column_count++;
	if (column.name != NULL && strcmp(column.name, "email") == 0)
		c->email = i;
	else if (column.name != NULL && strcmp(column.name, "name") == 0)
		c->name = i;
	take_part(c, i);
	return true;
}

static bool
read_columns(struct import_csv *c, const struct csv_row *row, struct err *err)
{
	const char *unknown;
	size_t i;

	c->email = c->name = c->first = c->last = COLUMN_NONE;
	for (i = 0; i < row->count; i++)
		if (!read_column(c, str_trim(row->fields[i]), err))
			return false;
	unknown =
	    import_options_unknown(c->options, c->headers, c->column_count);
	if (unknown != NULL)
		return err_set(err, FAIL_INPUT,
		    "the header has no column \"%.100s\"", unknown);
	if (c->email == COLUMN_NONE)
		return err_set(err, FAIL_INPUT,
		    "the header has no column \"email\"");
	return true;
}

static bool
read_header(struct import_csv *c, struct err *err)
{
	struct csv_row row;

	switch (csv_reader_next(c->reader, &row, err)) {
	case CSV_FAILED: return false;
	case CSV_END: return err_set(err, FAIL_INPUT, "the file is empty");
	case CSV_ROW_READ: break;
	}
	if (str_chr(row.text, '\0') != STR_NOWHERE)
		return err_set(err, FAIL_INPUT, "the file is not UTF-8 text");
	if (row.fault != NULL)
		return err_set(err, FAIL_INPUT, "the header: %s", row.fault);
	return read_columns(c, &row, err);
}

bool
import_csv_open(struct import_csv **out, int fd,
    const struct import_options *options, struct err *err)
{
	struct import_csv *c = NEW(struct import_csv);

	c->options = options;
	c->reader = csv_reader_new(fd, options->delimiter);
	arena_init(&c->names, COLUMN_NAMES_BYTES);
	buf_init(&c->attributes, CONTACT_ATTRIBUTES_MAX);
	buf_init(&c->cell, CONTACT_ATTRIBUTES_MAX);
	buf_init(&c->full_name, 2 * CSV_FIELD_MAX + 1);
	if (!read_header(c, err)) {
		import_csv_free(c);
		return false;
	}
	*out = c;
	return true;
}

void
import_csv_free(struct import_csv *c)
{
	if (c == NULL)
		return;
	csv_reader_free(c->reader);
	arena_release(&c->names);
	buf_release(&c->attributes);
	buf_release(&c->cell);
	buf_release(&c->full_name);
	free(c);
}

int64_t
import_csv_offset(const struct import_csv *c)
{
	return csv_reader_offset(c->reader);
}

/* Every fault ends here; false, so that it can be returned. */
static bool refuse(struct import_row *row, struct str value, const char *fmt,
    ...) PRINTF_LIKE(3, 4);

static bool
refuse(struct import_row *row, struct str value, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(row->fault, sizeof(row->fault), fmt, ap);
	va_end(ap);
	row->value = value;
	return false;
}

static bool
cells_are_text(const struct import_csv *c, const struct csv_row *r,
    struct import_row *row)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (!str_is_utf8(r->fields[i]))
			return refuse(row, r->fields[i], "%s: is not UTF-8",
			    c->headers[i]);
		if (str_chr(r->fields[i], '\0') != STR_NOWHERE)
			return refuse(row, r->fields[i], "%s: has a NUL in it",
			    c->headers[i]);
	}
	return true;
}

/* Mailchimp has it in two. */
static struct str
find_name(struct import_csv *c, const struct csv_row *r)
{
	if (c->name != COLUMN_NONE)
		return r->fields[c->name];
	if (c->options->origin != IMPORT_MAILCHIMP)
		return STR("");
	buf_reset(&c->full_name);
	if (c->first != COLUMN_NONE)
		buf_str(&c->full_name, r->fields[c->first]);
	buf_char(&c->full_name, ' ');
	if (c->last != COLUMN_NONE)
		buf_str(&c->full_name, r->fields[c->last]);
	return str_trim(buf_view(&c->full_name));
}

static bool
take_known(struct import_csv *c, const struct csv_row *r,
    struct import_row *row)
{
	struct str email = r->fields[c->email];
	struct err err;

	if (!address_parse(&row->address, str_trim(email), &err))
		return refuse(row, email, "email: %s", err.text);
	row->name = find_name(c, r);
	if (row->name.n > CONTACT_NAME_MAX)
		return refuse(row, row->name, "name: is longer than %d bytes",
		    CONTACT_NAME_MAX);
	if (!header_text_ok(row->name))
		return refuse(row, row->name,
		    "name: has control characters in it");
	return true;
}

/* The members of a JSON object among those of the others. */
static const char *
take_object(struct json_write *j, struct str cell)
{
	json_t *object =
	    json_loadb(cell.p, cell.n, JSON_REJECT_DUPLICATES, NULL);
	const char *name;
	char *text;
	json_t *v;

	if (!json_is_object(object) || !body_is_flat(object, BODY_DEPTH_MAX)) {
		json_decref(object);
		return "is no JSON object";
	}
	json_object_foreach(object, name, v)
	{
		text = json_dumps(v, BODY_JSON_FLAGS | JSON_ENCODE_ANY);
		if (text == NULL)
			BUG("a JSON value cannot be written");
		json_write_key(j, name);
		json_write_raw(j, str_of(text));
		free(text);
	}
	json_decref(object);
	return NULL;
}

/* One cell as a member; NULL, or what is wrong. */
static const char *
take_cell(struct import_csv *c, struct json_write *j, size_t i, struct str cell)
{
	const char *wrong;

	if (c->types[i] == IMPORT_OBJECT)
		return take_object(j, cell);

	buf_reset(&c->cell);
	wrong = import_type_write(c->types[i], cell, &c->cell);
	if (wrong != NULL)
		return wrong;
	json_write_key(j, c->columns[i]);
	json_write_raw(j, buf_view(&c->cell));
	return c->cell.full ? "is too long" : NULL;
}

static bool
take_attributes(struct import_csv *c, const struct csv_row *r,
    struct import_row *row)
{
	const char *wrong;
	struct json_write j;
	size_t i;

	buf_reset(&c->attributes);
	json_write_init(&j, &c->attributes);
	json_write_open(&j, '{');
	for (i = 0; i < r->count; i++) {
		if (i == c->email || i == c->name || c->columns[i] == NULL ||
		    c->types[i] == IMPORT_STATUS || r->fields[i].n == 0)
			continue;
		wrong = take_cell(c, &j, i, r->fields[i]);
		if (wrong != NULL)
			return refuse(row, r->fields[i], "%s: %s",
			    c->headers[i], wrong);
	}
	json_write_close(&j, '}');
	if (c->attributes.full)
		return refuse(row, r->text,
		    "the attributes are longer than %u bytes",
		    CONTACT_ATTRIBUTES_MAX);
	row->attributes = buf_view(&c->attributes);
	return true;
}

/* What the row or the file says of who left; the row has the last word. */
static bool
take_leave(const struct import_csv *c, const struct csv_row *r,
    struct import_row *row)
{
	size_t i;

	row->leave = c->leave;
	for (i = 0; i < r->count; i++)
		if (c->types[i] == IMPORT_STATUS &&
		    !import_leave_parse(str_trim(r->fields[i]), &row->leave))
			return refuse(row, r->fields[i],
			    "%s: is no status that is known", c->headers[i]);
	return true;
}

static bool
interpret(struct import_csv *c, const struct csv_row *r, struct import_row *row)
{
	row->line = r->line;
	row->fault[0] = '\0';
	if (r->fault != NULL)
		return refuse(row, r->text, "%s", r->fault);
	if (r->count != c->column_count)
		return refuse(row, r->text, "%zu fields, the header has %zu",
		    r->count, c->column_count);
	return cells_are_text(c, r, row) && take_known(c, r, row) &&
	       take_attributes(c, r, row) && take_leave(c, r, row);
}

enum import_outcome
import_csv_next(struct import_csv *c, struct import_row *row, struct err *err)
{
	struct csv_row r;
	bool good;

	switch (csv_reader_next(c->reader, &r, err)) {
	case CSV_FAILED: return IMPORT_FAILED;
	case CSV_END: return IMPORT_END;
	case CSV_ROW_READ: break;
	}
	if (row != NULL) {
		good = interpret(c, &r, row);
		if (good != (row->fault[0] == '\0'))
			BUG("a row is both good and bad");
	}
	return IMPORT_ROW;
}
