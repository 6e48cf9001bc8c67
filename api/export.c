#include "api/export.h"

#include "api/csv_write.h"
#include "api/filter.h"
#include "api/problem.h"

#include <assert.h>
#include <jansson.h>

#define ROWS_A_PIECE 300
#define DB_WAIT_MS   10000
#define FIELDS_MAX   16
#define JSON_FLAGS   (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

struct export
{
	const struct export_kind *kind;
	int64_t id, after;
	enum export_format format;
	const char *fields[FIELDS_MAX];
	size_t field_count;
	const char **attributes;
	size_t attribute_count;
	bool headed;
};

bool
export_format_read(struct request *q, enum export_format *out)
{
	struct str format = STR_NONE;

	if (!filter_choice(q, "format", "csv ndjson", &format))
		return false;
	*out = str_eq(format, STR("ndjson")) ? EXPORT_NDJSON : EXPORT_CSV;
	return true;
}

static void
write_header(const struct export *e, struct buf *out)
{
	struct csv_write w = {.out = out};
	size_t i;

	for (i = 0; i < e->field_count; i++)
		csv_write_text(&w, str_of(e->fields[i]));
	for (i = 0; i < e->attribute_count; i++)
		csv_write_text(&w, str_of(e->attributes[i]));
	csv_write_end(&w);
}

static void
write_cell(struct csv_write *w, const json_t *v)
{
	char *text;

	if (v == NULL || json_is_null(v)) {
		csv_write_plain(w, STR(""));
		return;
	}
	if (json_is_string(v)) {
		csv_write_text(w,
		    (struct str){json_string_value(v), json_string_length(v)});
		return;
	}
	text = json_dumps(v, JSON_FLAGS);
	if (text == NULL)
		BUG("a JSON value cannot be written");
	csv_write_plain(w, str_of(text));
	free(text);
}

static bool
write_row(const struct export *e, struct str document, struct buf *out)
{
	struct csv_write w = {.out = out};
	json_t *row = json_loadb(document.p, document.n, 0, NULL);
	const json_t *attributes = json_object_get(row, "attributes");
	size_t i;

	if (row == NULL)
		return false;
	for (i = 0; i < e->field_count; i++)
		write_cell(&w, json_object_get(row, e->fields[i]));
	for (i = 0; i < e->attribute_count; i++)
		write_cell(&w, json_object_get(attributes, e->attributes[i]));
	csv_write_end(&w);
	json_decref(row);
	return true;
}

static bool
write_rows(struct export *e, const struct db_result *rows, struct buf *out)
{
	struct str document;
	bool ok = true;
	int i;

	for (i = 0; ok && i < db_rows(rows); i++) {
		document = db_get_text(rows, i, 1);
		e->after = db_get_int(rows, i, 0);
		if (e->format == EXPORT_CSV) {
			ok = write_row(e, document, out);
			continue;
		}
		buf_str(out, document);
		buf_char(out, '\n');
	}
	return ok;
}

/* The next rows; nothing at the end. */
static bool
export_more(struct request *q, void *arg, struct buf *out)
{
	struct export *e = arg;
	struct db_result rows;
	struct db *db;
	struct err err;
	bool ok;

	if (!e->headed && e->format == EXPORT_CSV)
		write_header(e, out);
	e->headed = true;
	if (!db_pool_take(q->api->pool, DB_WAIT_MS, &db, &err))
		return false;
	ok = db_run(db, e->kind->rows,
	    DB_ARGS(db_int(e->id), db_int(e->after), db_int(ROWS_A_PIECE)),
	    &rows, &err);
	if (ok) {
		ok = write_rows(e, &rows, out);
		db_result_free(&rows);
	}
	db_pool_give(q->api->pool, db);
	return ok;
}

static void
take_names(struct request *q, struct export *e,
    const struct db_result *attributes)
{
	struct str rest = str_of(e->kind->fields), word;
	int i, n = attributes != NULL ? db_rows(attributes) : 0;

	while (str_cut(&rest, ' ', &word)) {
		assert(e->field_count < FIELDS_MAX);
		e->fields[e->field_count++] = arena_cstr(&q->arena, word);
	}
	e->attributes =
	    arena_alloc(&q->arena, ((size_t)n + 1) * sizeof(e->attributes[0]));
	for (i = 0; i < n; i++)
		e->attributes[e->attribute_count++] =
		    arena_cstr(&q->arena, db_get_text(attributes, i, 0));
}

void
export_reply(struct request *q, const struct export_kind *kind, int64_t id,
    enum export_format format, const struct db_result *attributes)
{
	bool csv = format == EXPORT_CSV;
	struct export *e = ARENA_NEW(&q->arena, struct export);

	e->kind = kind;
	e->id = id;
	e->format = format;
	take_names(q, e, csv ? attributes : NULL);
	if (e->attribute_count > EXPORT_COLUMNS_MAX) {
		problem(q, 422,
		    "there are more than %d attributes: ask for ndjson",
		    EXPORT_COLUMNS_MAX);
		return;
	}
	reply_stream(q, 200, csv ? "text/csv" : "application/x-ndjson",
	    export_more, e);
	reply_header(q, "Content-Disposition",
	    "attachment; filename=\"%s-%lld.%s\"", kind->file, (long long)id,
	    csv ? "csv" : "ndjson");
}
