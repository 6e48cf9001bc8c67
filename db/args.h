/*
 * args.h - parameters of a named statement, and rows that come back.
 *
 * A value borrows what it points to until the call returns.  Text and
 * numbers travel in text format, arrays and bytes in binary; the statement's
 * own casts ($1::bigint) give the types.  Text must be UTF-8 without NUL:
 * the caller has checked what came from outside.
 */
#ifndef DB_ARGS_H
#define DB_ARGS_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

#define DB_ARGS_MAX 48

enum db_arg_type {
	DB_NULL = 0,
	DB_TEXT, /* also json, enum names, timestamps in words */
	DB_INT,  /* any integer type */
	DB_BOOL,
	DB_FLOAT,
	DB_BYTES,       /* bytea */
	DB_TIME,        /* timestamptz, from microseconds since 1970 */
	DB_INT_ARRAY,   /* bigint[] */
	DB_TEXT_ARRAY,  /* text[]; an element with p == NULL is NULL */
	DB_TIME_ARRAY,  /* timestamptz[]; INT64_MIN is NULL */
	DB_BYTES_ARRAY, /* bytea[]; p == NULL is NULL */
};

struct db_arg {
	enum db_arg_type type;
	int64_t i;
	double f;
	struct str s;
	const void *items;
	size_t count;
};

struct db_args {
	size_t count;
	const struct db_arg *at;
};

#define DB_NO_ARGS ((struct db_args){0, NULL})
/* db_run(db, Q_LIST_BY_ID, DB_ARGS(db_int(id)), ...) */
#define DB_ARGS(...)                                               \
	((struct db_args){sizeof((struct db_arg[]){__VA_ARGS__}) / \
			      sizeof(struct db_arg),               \
	    (struct db_arg[]){__VA_ARGS__}})

struct db_arg db_null(void);
struct db_arg db_text(struct str s);         /* never NULL: "" when empty */
struct db_arg db_text_or_null(struct str s); /* NULL when s.p == NULL */
struct db_arg db_cstr(const char *s);        /* NULL pointer gives NULL */
struct db_arg db_int(int64_t v);
struct db_arg db_int_or_null(int64_t v, bool present);
struct db_arg db_bool(bool v);
struct db_arg db_float(double v);
struct db_arg db_bytes(struct str s); /* NULL when s.p == NULL */
struct db_arg db_time(int64_t us);    /* INT64_MIN gives NULL */
struct db_arg db_int_array(const int64_t *v, size_t n);
struct db_arg db_text_array(const struct str *v, size_t n);
struct db_arg db_time_array(const int64_t *us, size_t n);
struct db_arg db_bytes_array(const struct str *v, size_t n);

/* What libpq wants, made in the arena: parallel arrays of count entries. */
struct db_encoded {
	int count;
	const char **values;
	int *lengths;
	int *formats;
};
struct db_encoded db_encode(struct arena *a, struct db_args args);

/*
 * A result owns its rows until db_result_free.  Columns are numbered from 0
 * in the order of the statement's SELECT; a NULL reads as "", 0 or false,
 * db_is_null tells.
 */
struct db_result {
	void *pg; /* PGresult */
};

int db_rows(const struct db_result *r);
int64_t db_affected(const struct db_result *r); /* INSERT, UPDATE, DELETE */
bool db_is_null(const struct db_result *r, int row, int col);
struct str db_get_text(const struct db_result *r, int row, int col);
int64_t db_get_int(const struct db_result *r, int row, int col);
bool db_get_bool(const struct db_result *r, int row, int col);
double db_get_float(const struct db_result *r, int row, int col);
/* timestamptz as microseconds since 1970; INT64_MIN when NULL.  Sessions run
 * in UTC with ISO dates. */
int64_t db_get_time(const struct db_result *r, int row, int col);
/* bytea, decoded into the arena */
struct str db_get_bytes(const struct db_result *r, int row, int col,
    struct arena *a);
int db_column(const struct db_result *r, const char *name); /* BUG if none */
void db_result_free(struct db_result *r); /* r->pg == NULL is fine */

/* The failure of a result (PGresult *) or connection (PGconn *) as an err:
 * unique violation -> FAIL_CONFLICT, foreign key -> FAIL_MISSING, check, not
 * null or a value that does not parse -> FAIL_INPUT, deadlock,
 * serialization, lock timeout -> FAIL_BUSY, lost connection, shutdown,
 * read-only standby -> FAIL_IO.  The constraint's name is in the text. */
bool db_fail(struct err *err, const void *pg_conn, const void *pg_result,
    const char *statement);
/* Dies when it is libpq itself that ran out of memory: what it says is not the
 * server's then, and what the server did is not known.  (A server's own want
 * of it has "ERROR:" before it.) */
void db_check_memory(const char *libpq_says);

#endif
