#include "db/args.h"

#include "db/binary.h"

#include <assert.h>
#include <libpq-fe.h>

#include "lib/base/clock.h"

/* Type numbers of PostgreSQL's catalogue, needed inside binary arrays. */
enum {
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_TEXT = 25,
	OID_TIMESTAMPTZ = 1184,
};

struct db_arg
db_null(void)
{
	return (struct db_arg){.type = DB_NULL};
}

struct db_arg
db_text(struct str s)
{
	return (struct db_arg){.type = DB_TEXT, .s = s};
}

struct db_arg
db_text_or_null(struct str s)
{
	return s.p != NULL ? db_text(s) : db_null();
}

struct db_arg
db_cstr(const char *s)
{
	return db_text_or_null(str_of(s));
}

struct db_arg
db_int(int64_t v)
{
	return (struct db_arg){.type = DB_INT, .i = v};
}

struct db_arg
db_int_or_null(int64_t v, bool present)
{
	return present ? db_int(v) : db_null();
}

struct db_arg
db_bool(bool v)
{
	return (struct db_arg){.type = DB_BOOL, .i = v};
}

struct db_arg
db_float(double v)
{
	return (struct db_arg){.type = DB_FLOAT, .f = v};
}

struct db_arg
db_bytes(struct str s)
{
	if (s.p == NULL)
		return db_null();
	return (struct db_arg){.type = DB_BYTES, .s = s};
}

struct db_arg
db_time(int64_t us)
{
	if (us == INT64_MIN)
		return db_null();
	return (struct db_arg){.type = DB_TIME, .i = us};
}

static struct db_arg
array(enum db_arg_type type, const void *items, size_t n)
{
	return (struct db_arg){.type = type, .items = items, .count = n};
}

struct db_arg
db_int_array(const int64_t *v, size_t n)
{
	return array(DB_INT_ARRAY, v, n);
}

struct db_arg
db_text_array(const struct str *v, size_t n)
{
	return array(DB_TEXT_ARRAY, v, n);
}

struct db_arg
db_time_array(const int64_t *us, size_t n)
{
	return array(DB_TIME_ARRAY, us, n);
}

struct db_arg
db_bytes_array(const struct str *v, size_t n)
{
	return array(DB_BYTES_ARRAY, v, n);
}

/* dimensions, flags (NULLs possible), element type, length, lower bound */
#define ARRAY_HEAD 20

static char *
put_head(char *p, uint32_t oid, size_t count)
{
	p = binary_put32(p, count > 0 ? 1 : 0);
	p = binary_put32(p, 1);
	p = binary_put32(p, oid);
	if (count == 0)
		return p;
	p = binary_put32(p, (uint32_t)count);
	return binary_put32(p, 1);
}

static struct str
encode_numbers(struct arena *a, const struct db_arg *arg)
{
	const int64_t *v = arg->items;
	bool time = arg->type == DB_TIME_ARRAY;
	char *start = arena_alloc(a, ARRAY_HEAD + arg->count * 12), *p;
	size_t i;

	p = put_head(start, time ? OID_TIMESTAMPTZ : OID_INT8, arg->count);
	for (i = 0; i < arg->count; i++) {
		if (time && v[i] == INT64_MIN) {
			p = binary_put32(p, UINT32_MAX);
			continue;
		}
		p = binary_put32(p, 8);
		p = binary_put64(p, time ? v[i] - BINARY_EPOCH_US : v[i]);
	}
	return (struct str){start, (size_t)(p - start)};
}

static struct str
encode_texts(struct arena *a, const struct db_arg *arg)
{
	const struct str *v = arg->items;
	size_t i, size = ARRAY_HEAD + arg->count * 4;
	char *start, *p;

	for (i = 0; i < arg->count; i++)
		size += v[i].n;
	start = arena_alloc(a, size);
	p = put_head(start, arg->type == DB_TEXT_ARRAY ? OID_TEXT : OID_BYTEA,
	    arg->count);
	for (i = 0; i < arg->count; i++) {
		if (v[i].p == NULL) {
			p = binary_put32(p, UINT32_MAX);
			continue;
		}
		p = binary_put32(p, (uint32_t)v[i].n);
		memcpy(p, v[i].p, v[i].n);
		p += v[i].n;
	}
	return (struct str){start, (size_t)(p - start)};
}

static struct str
encode_time(struct arena *a, int64_t us)
{
	char text[TIME_TEXT_MAX];

	return arena_dup(a, str_of(time_rfc3339(us, text)));
}

static struct str
encode_one(struct arena *a, const struct db_arg *arg)
{
	switch (arg->type) {
	case DB_NULL: return STR_NONE;
	case DB_TEXT: return arena_dup(a, arg->s);
	case DB_INT: return arena_printf(a, "%lld", (long long)arg->i);
	case DB_BOOL: return arg->i ? STR("t") : STR("f");
	case DB_FLOAT: return arena_printf(a, "%.17g", arg->f);
	case DB_BYTES: return arena_dup(a, arg->s);
	case DB_TIME: return encode_time(a, arg->i);
	case DB_INT_ARRAY:
	case DB_TIME_ARRAY: return encode_numbers(a, arg);
	case DB_TEXT_ARRAY:
	case DB_BYTES_ARRAY: return encode_texts(a, arg);
	}
	return STR_NONE;
}

static bool
is_binary(enum db_arg_type type)
{
	return type == DB_BYTES || type >= DB_INT_ARRAY;
}

struct db_encoded
db_encode(struct arena *a, struct db_args args)
{
	struct db_encoded e = {.count = (int)args.count};
	size_t i;

	assert(args.count <= DB_ARGS_MAX);
	e.values = ARENA_ARRAY(a, const char *, args.count + 1);
	e.lengths = ARENA_ARRAY(a, int, args.count + 1);
	e.formats = ARENA_ARRAY(a, int, args.count + 1);
	for (i = 0; i < args.count; i++) {
		struct str s = encode_one(a, &args.at[i]);

		e.values[i] = s.p;
		e.lengths[i] = (int)s.n;
		e.formats[i] = is_binary(args.at[i].type);
	}
	return e;
}

int
db_rows(const struct db_result *r)
{
	return PQntuples(r->pg);
}

int64_t
db_affected(const struct db_result *r)
{
	int64_t n = 0;

	if (!str_to_i64(str_of(PQcmdTuples(r->pg)), &n))
		return 0;
	return n;
}

bool
db_is_null(const struct db_result *r, int row, int col)
{
	return PQgetisnull(r->pg, row, col) == 1;
}

struct str
db_get_text(const struct db_result *r, int row, int col)
{
	return (struct str){PQgetvalue(r->pg, row, col),
	    (size_t)PQgetlength(r->pg, row, col)};
}

int64_t
db_get_int(const struct db_result *r, int row, int col)
{
	struct str s = db_get_text(r, row, col);
	int64_t v = 0;

	if (s.n > 0 && !str_to_i64(s, &v))
		BUG("column %d is no integer: %.*s", col, STR_ARG(s));
	return v;
}

bool
db_get_bool(const struct db_result *r, int row, int col)
{
	return str_eq(db_get_text(r, row, col), STR("t"));
}

double
db_get_float(const struct db_result *r, int row, int col)
{
	return strtod(PQgetvalue(r->pg, row, col), NULL);
}

/* "2026-12-01 09:00:00.123456+00" */
int64_t
db_get_time(const struct db_result *r, int row, int col)
{
	struct str s = db_get_text(r, row, col);
	char text[TIME_TEXT_MAX];
	int64_t us;

	if (s.n == 0)
		return INT64_MIN;
	if (s.n + 4 > sizeof(text))
		BUG("column %d is no time: %.*s", col, STR_ARG(s));
	snprintf(text, sizeof(text), "%.*s:00", STR_ARG(s));
	text[10] = 'T';
	if (!time_parse_rfc3339(str_of(text), &us))
		BUG("column %d is no time: %s", col, text);
	return us;
}

struct str
db_get_bytes(const struct db_result *r, int row, int col, struct arena *a)
{
	const char *text = PQgetvalue(r->pg, row, col);
	struct str out = STR_NONE;
	unsigned char *p;
	size_t n;

	if (db_is_null(r, row, col))
		return out;
	p = PQunescapeBytea((const unsigned char *)text, &n);
	if (p == NULL)
		die("out of memory");
	out = arena_dup(a, (struct str){(const char *)p, n});
	PQfreemem(p);
	return out;
}

int
db_column(const struct db_result *r, const char *name)
{
	int col = PQfnumber(r->pg, name);

	if (col < 0)
		BUG("no column %s", name);
	return col;
}

void
db_result_free(struct db_result *r)
{
	PQclear(r->pg);
	r->pg = NULL;
}

static const struct {
	const char *prefix; /* of the SQLSTATE */
	enum fail kind;
} states[] = {
    {"23505", FAIL_CONFLICT},
    {"23P01", FAIL_CONFLICT},
    {"23503", FAIL_MISSING},
    {"23", FAIL_INPUT},
    {"22", FAIL_INPUT},
    {"40", FAIL_BUSY},
    {"55P03", FAIL_BUSY},
    {"57014", FAIL_TIMEOUT},
    {"53", FAIL_IO},
    {"57P", FAIL_IO},
    {"08", FAIL_IO},
    {"25006", FAIL_IO},
    {"28", FAIL_AUTH},
};

static enum fail
kind_of(const char *sqlstate)
{
	size_t i;

	if (sqlstate == NULL)
		return FAIL_IO;
	for (i = 0; i < ARRAY_LEN(states); i++)
		if (str_starts(str_of(sqlstate), str_of(states[i].prefix)))
			return states[i].kind;
	return FAIL_PROTOCOL;
}

void
db_check_memory(const char *libpq_says)
{
	static const char says[] = "out of memory";
	const char *at = strstr(libpq_says, says);

	if (at != NULL && (at == libpq_says || at[-1] == '\n'))
		die("database: out of memory");
}

bool
db_fail(struct err *err, const void *pg_conn, const void *pg_result,
    const char *statement)
{
	const char *state = NULL, *text = NULL, *constraint = NULL;

	if (pg_result != NULL) {
		state = PQresultErrorField(pg_result, PG_DIAG_SQLSTATE);
		text = PQresultErrorField(pg_result, PG_DIAG_MESSAGE_PRIMARY);
		constraint =
		    PQresultErrorField(pg_result, PG_DIAG_CONSTRAINT_NAME);
	}
	if (state == NULL && pg_result != NULL)
		db_check_memory(PQresultErrorMessage(pg_result));
	if (text == NULL && pg_conn != NULL) {
		text = PQerrorMessage(pg_conn);
		db_check_memory(text);
	}
	if (text == NULL)
		text = "connection lost";
	return err_set(err, kind_of(state), "database: %s: %.*s%s%s%s",
	    statement, (int)strcspn(text, "\n"), text,
	    constraint != NULL ? " (" : "",
	    constraint != NULL ? constraint : "",
	    constraint != NULL ? ")" : "");
}
