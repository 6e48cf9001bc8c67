/*
 * body.h - typed reading of a JSON object, strict, telling all that is wrong.
 *
 *   struct body b = body_open(q);
 *   name = body_text(&b, "name", BODY_REQUIRED | BODY_LINE, 200);
 *   port = body_int(&b, "port", 0, 1, 65535, 587);
 *   if (!body_close(&b))
 *           return;
 *
 * Each call reads one field and remembers that it was asked for; body_close
 * refuses fields that nobody asked for, and answers 422 with every complaint
 * at once.  A field that is wrong reads as if it were absent.  Texts are the
 * document's: valid as long as the request, UTF-8 without NUL.
 */
#ifndef API_BODY_H
#define API_BODY_H

#include "api/request.h"

#define BODY_FIELDS_MAX 48
#define BODY_ITEMS_MAX  1000 /* of an array */
#define BODY_DEPTH_MAX  24   /* of an object kept as JSON */

/* How kept JSON is written: 19.99 stays 19.99. */
#define BODY_JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

enum {
	BODY_REQUIRED = 1, /* absent is an error; a text must not be empty */
	BODY_NULL = 2,     /* null is allowed, and reads as absent */
	BODY_LINE = 4,     /* text: no control bytes (fit for a header) */
	BODY_FILLED = 8,   /* may be absent, but not an empty text or array */
};

struct body {
	struct request *q;
	json_t *object;   /* NULL: not an object, already complained about */
	const char *path; /* "" or "from.", for nested objects */
	const char *asked[BODY_FIELDS_MAX];
	size_t asked_count;
	size_t complaints; /* of this object and those inside it */
};

/* Parses q->body.  Invalid JSON has been answered with 400, line and column
 * when body_close says false. */
struct body body_open(struct request *q);
bool body_close(struct body *b) MUST_USE;

bool body_has(const struct body *b, const char *field); /* and is not null */
bool body_is_null(const struct body *b, const char *field);

/* STR_NONE when absent.  max counts bytes. */
struct str body_text(struct body *b, const char *field, unsigned flags,
    size_t max);
int64_t body_int(struct body *b, const char *field, unsigned flags, int64_t min,
    int64_t max, int64_t absent);
/* Whole or not. */
double body_number(struct body *b, const char *field, unsigned flags,
    double min, double max, double absent);
bool body_bool(struct body *b, const char *field, unsigned flags, bool absent);
/* One of the words in `choices`, blanks between; `absent` otherwise (may be NULL). */
struct str body_choice(struct body *b, const char *field, unsigned flags,
    const char *choices, const char *absent);
/* RFC 3339 with offset, in microseconds; INT64_MIN when absent. */
int64_t body_time(struct body *b, const char *field, unsigned flags);
/* An address that address.h takes, as text for the wire. */
struct str body_address(struct body *b, const char *field, unsigned flags);

/* Positive ids without repetition; NULL and *n = 0 when absent or empty. */
const int64_t *body_ids(struct body *b, const char *field, unsigned flags,
    size_t *n);
const struct str *body_texts(struct body *b, const char *field, unsigned flags,
    size_t max, size_t *n);

/* Any object as compact JSON text; STR_NONE when absent. */
struct str body_json(struct body *b, const char *field, unsigned flags,
    size_t max);
/* Nested no deeper than that: templates read 32 levels (templates/liquid/value.h). */
bool body_is_flat(json_t *value, int depth);
/* What a parser's error says to the one who wrote the text. */
const char *body_json_error(const json_error_t *e);
/* A nested object to be read field by field; body_end before the outer
 * body_close.  Absent: every field reads as absent, none is required. */
struct body body_object(struct body *b, const char *field, unsigned flags);
void body_end(struct body *inner, struct body *outer);

/* The objects of an array, to be read the same way; each is named "rows[0]."
 * and so on.  NULL and *n = 0 when absent or wrong. */
struct body *body_objects(struct body *b, const char *field, unsigned flags,
    size_t *n);

/* A complaint of the caller's own about a field. */
void body_complain(struct body *b, const char *field, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#endif
