#include "api/body.h"

#include "api/problem.h"
#include "lib/base/clock.h"
#include "lib/mail/header.h"

#include <stdarg.h>

#define FIELD_NAME_MAX 200

static void
full_name(const struct body *b, const char *field, char out[FIELD_NAME_MAX])
{
	snprintf(out, FIELD_NAME_MAX, "%s%.120s", b->path, field);
}

void
body_complain(struct body *b, const char *field, const char *fmt, ...)
{
	char name[FIELD_NAME_MAX], detail[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	full_name(b, field, name);
	problem_field(b->q, name, "%s", detail);
	b->complaints++;
}

const char *
body_json_error(const json_error_t *e)
{
	if (json_error_code(e) == json_error_null_character ||
	    json_error_code(e) == json_error_null_byte_in_key)
		return "a NUL is not allowed";
	return e->text;
}

static void
refuse_json(struct request *q, const json_error_t *e)
{
	if (json_error_code(e) == json_error_duplicate_key)
		problem(q, 422, "line %d, column %d: %s", e->line, e->column,
		    e->text);
	else
		problem(q, 400, "the body is not JSON: line %d, column %d: %s",
		    e->line, e->column, body_json_error(e));
}

struct body
body_open(struct request *q)
{
	struct body b = {.q = q, .path = ""};
	struct str text = buf_view(&q->body);
	json_error_t error;

	if (text.n == 0 && q->route->payload == PAYLOAD_JSON_OPTIONAL)
		text = STR("{}");
	json_decref(q->document);
	q->document = json_loadb(text.n > 0 ? text.p : "", text.n,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (q->document == NULL)
		refuse_json(q, &error);
	else if (!json_is_object(q->document))
		problem(q, 422, "the body must be a JSON object");
	else
		b.object = q->document;
	b.complaints = b.object == NULL;
	return b;
}

static bool
was_asked(const struct body *b, const char *field)
{
	size_t i;

	for (i = 0; i < b->asked_count; i++)
		if (strcmp(b->asked[i], field) == 0)
			return true;
	return false;
}

/* Fields that nobody asked for. */
static void
look_for_strangers(struct body *b)
{
	void *at = json_object_iter(b->object);

	for (; at != NULL; at = json_object_iter_next(b->object, at))
		if (!was_asked(b, json_object_iter_key(at)))
			body_complain(b, json_object_iter_key(at),
			    "there is no such field");
}

bool
body_close(struct body *b)
{
	look_for_strangers(b);
	return b->complaints == 0;
}

bool
body_has(const struct body *b, const char *field)
{
	const json_t *v = json_object_get(b->object, field);

	return v != NULL && !json_is_null(v);
}

bool
body_is_null(const struct body *b, const char *field)
{
	return json_is_null(json_object_get(b->object, field));
}

/* The value if it is there and of the type; complains otherwise. */
static json_t *
get(struct body *b, const char *field, unsigned flags, json_type type,
    const char *wanted)
{
	json_t *v = json_object_get(b->object, field);

	if (b->asked_count == BODY_FIELDS_MAX)
		BUG("more than %d fields", BODY_FIELDS_MAX);
	b->asked[b->asked_count++] = field;
	if (b->object == NULL || (json_is_null(v) && (flags & BODY_NULL) != 0))
		return NULL;
	if (v == NULL && (flags & BODY_REQUIRED) != 0)
		body_complain(b, field, "is required");
	if (v == NULL || json_typeof(v) == type)
		return v;
	body_complain(b, field, "must be %s", wanted);
	return NULL;
}

static bool
text_is_right(struct body *b, const char *field, struct str s, unsigned flags,
    size_t max)
{
	if (s.n > max)
		body_complain(b, field, "is longer than %zu bytes", max);
	else if (s.n == 0 && (flags & (BODY_REQUIRED | BODY_FILLED)) != 0)
		body_complain(b, field, "must not be empty");
	else if (str_find(s, (struct str){"\0", 1}) != STR_NOWHERE)
		body_complain(b, field, "has a NUL in it");
	else if ((flags & BODY_LINE) != 0 && !header_text_ok(s))
		body_complain(b, field, "has control characters in it");
	else
		return true;
	return false;
}

static struct str
string_of(const json_t *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

struct str
body_text(struct body *b, const char *field, unsigned flags, size_t max)
{
	json_t *v = get(b, field, flags, JSON_STRING, "a string");

	if (v == NULL || !text_is_right(b, field, string_of(v), flags, max))
		return STR_NONE;
	return string_of(v);
}

int64_t
body_int(struct body *b, const char *field, unsigned flags, int64_t min,
    int64_t max, int64_t absent)
{
	json_t *v = get(b, field, flags, JSON_INTEGER, "a whole number");
	int64_t n;

	if (v == NULL)
		return absent;
	n = json_integer_value(v);
	if (n >= min && n <= max)
		return n;
	body_complain(b, field, "must be %lld to %lld", (long long)min,
	    (long long)max);
	return absent;
}

/* jansson has two types for numbers. */
double
body_number(struct body *b, const char *field, unsigned flags, double min,
    double max, double absent)
{
	const json_t *v = json_object_get(b->object, field);
	json_type type = json_is_integer(v) ? JSON_INTEGER : JSON_REAL;
	double n;

	v = get(b, field, flags, type, "a number");
	if (v == NULL || json_is_null(v))
		return absent;
	n = json_number_value(v);
	if (n >= min && n <= max)
		return n;
	body_complain(b, field, "must be %.15g to %.15g", min, max);
	return absent;
}

/* jansson has two types for booleans. */
bool
body_bool(struct body *b, const char *field, unsigned flags, bool absent)
{
	const json_t *v = json_object_get(b->object, field);
	json_type type = json_is_false(v) ? JSON_FALSE : JSON_TRUE;

	v = get(b, field, flags, type, "true or false");
	return v != NULL ? json_is_true(v) : absent;
}

struct str
body_choice(struct body *b, const char *field, unsigned flags,
    const char *choices, const char *absent)
{
	json_t *v = get(b, field, flags, JSON_STRING, "a string");
	struct str rest = str_of(choices), word;

	if (v == NULL)
		return str_of(absent);
	while (str_cut(&rest, ' ', &word))
		if (str_eq(word, string_of(v)))
			return word;
	body_complain(b, field, "must be one of: %s", choices);
	return str_of(absent);
}

int64_t
body_time(struct body *b, const char *field, unsigned flags)
{
	json_t *v = get(b, field, flags, JSON_STRING, "a string");
	int64_t us;

	if (v == NULL)
		return INT64_MIN;
	if (str_find(string_of(v), STR("T")) != STR_NOWHERE &&
	    time_parse_rfc3339(string_of(v), &us))
		return us;
	body_complain(b, field,
	    "must be a time with its offset, as 2026-12-01T09:00:00Z");
	return INT64_MIN;
}

struct str
body_address(struct body *b, const char *field, unsigned flags)
{
	json_t *v = get(b, field, flags, JSON_STRING, "a string");
	struct address address;
	struct err err;

	if (v == NULL)
		return STR_NONE;
	if (address_parse(&address, string_of(v), &err))
		return arena_dup(&b->q->arena, address_text(&address));
	body_complain(b, field, "is no mail address: %s", err.text);
	return STR_NONE;
}

static json_t *
get_array(struct body *b, const char *field, unsigned flags, size_t *n)
{
	json_t *v = get(b, field, flags, JSON_ARRAY, "an array");

	*n = json_array_size(v);
	if (*n > BODY_ITEMS_MAX)
		body_complain(b, field, "has more than %d items",
		    BODY_ITEMS_MAX);
	else if (*n == 0 && v != NULL &&
		 (flags & (BODY_REQUIRED | BODY_FILLED)) != 0)
		body_complain(b, field, "must not be empty");
	if (*n <= BODY_ITEMS_MAX && *n > 0)
		return v;
	*n = 0;
	return NULL;
}

static bool
repeats(const int64_t *ids, size_t n, int64_t id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

const int64_t *
body_ids(struct body *b, const char *field, unsigned flags, size_t *n)
{
	json_t *v = get_array(b, field, flags, n);
	int64_t *ids;
	size_t i;

	if (v == NULL)
		return NULL;
	ids = ARENA_ARRAY(&b->q->arena, int64_t, *n);
	for (i = 0; i < *n; i++) {
		ids[i] = json_integer_value(json_array_get(v, i));
		if (ids[i] > 0 && !repeats(ids, i, ids[i]))
			continue;
		body_complain(b, field, "item %zu must be %s", i + 1,
		    ids[i] > 0 ? "there once only" : "a positive integer");
		*n = 0;
		return NULL;
	}
	return ids;
}

const struct str *
body_texts(struct body *b, const char *field, unsigned flags, size_t max,
    size_t *n)
{
	json_t *v = get_array(b, field, flags, n);
	struct str *texts;
	size_t i;

	if (v == NULL)
		return NULL;
	texts = ARENA_ARRAY(&b->q->arena, struct str, *n);
	for (i = 0; i < *n; i++) {
		texts[i] = string_of(json_array_get(v, i));
		if (texts[i].p == NULL)
			body_complain(b, field, "item %zu must be a string",
			    i + 1);
		else if (text_is_right(b, field, texts[i], flags, max))
			continue;
		*n = 0;
		return NULL;
	}
	return texts;
}

bool
body_is_flat(json_t *v, int depth)
{
	void *at;
	size_t i;

	if (depth == 0)
		return false;
	for (i = 0; i < json_array_size(v); i++)
		if (!body_is_flat(json_array_get(v, i), depth - 1))
			return false;
	for (at = json_object_iter(v); at != NULL;
	     at = json_object_iter_next(v, at))
		if (!body_is_flat(json_object_iter_value(at), depth - 1))
			return false;
	return true;
}

struct str
body_json(struct body *b, const char *field, unsigned flags, size_t max)
{
	json_t *v = get(b, field, flags, JSON_OBJECT, "an object");
	struct str out = STR_NONE;
	char *text;

	if (v == NULL)
		return out;
	if (!body_is_flat(v, BODY_DEPTH_MAX)) {
		body_complain(b, field, "is nested more than %d deep",
		    BODY_DEPTH_MAX);
		return out;
	}
	text = json_dumps(v, BODY_JSON_FLAGS);
	if (text == NULL || strlen(text) > max)
		body_complain(b, field, "is longer than %zu bytes", max);
	else
		out = arena_dup(&b->q->arena, str_of(text));
	free(text);
	return out;
}

struct body
body_object(struct body *b, const char *field, unsigned flags)
{
	struct body inner = {.q = b->q};

	inner.object = get(b, field, flags, JSON_OBJECT, "an object");
	inner.path = arena_printf(&b->q->arena, "%s%s.", b->path, field).p;
	return inner;
}

struct body *
body_objects(struct body *b, const char *field, unsigned flags, size_t *n)
{
	json_t *v = get_array(b, field, flags, n);
	struct body *items;
	size_t i;

	if (v == NULL)
		return NULL;
	items = ARENA_ARRAY(&b->q->arena, struct body, *n);
	for (i = 0; i < *n; i++) {
		items[i] = (struct body){
		    .q = b->q,
		    .object = json_array_get(v, i),
		    .path = arena_printf(&b->q->arena, "%s%s[%zu].", b->path,
			field, i)
				.p,
		};
		if (json_is_object(items[i].object))
			continue;
		body_complain(b, field, "item %zu must be an object", i + 1);
		*n = 0;
		return NULL;
	}
	return items;
}

void
body_end(struct body *inner, struct body *outer)
{
	look_for_strangers(inner);
	outer->complaints += inner->complaints;
}
