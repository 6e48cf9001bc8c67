/*
 * problem.h - answers that say no: problem documents (RFC 9457),
 * application/problem+json.
 *
 *   {"type":"about:blank","title":"Unprocessable Entity","status":422,
 *    "detail":"2 fields are not right",
 *    "errors":[{"field":"name","detail":"is required"}, ...]}
 *
 * Details are for people, without internals; what went wrong inside is
 * logged.
 */
#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include "api/request.h"

void problem(struct request *q, int status, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* A field that is not right: collected under "errors", the answer becomes a
 * 422 that counts them.  At most PROBLEM_FIELDS_MAX are kept. */
#define PROBLEM_FIELDS_MAX 50
void problem_field(struct request *q, const char *field, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The same with a place in the field's text: "line" and "column". */
void problem_place(struct request *q, const char *field, int line, int column,
    const char *detail);

/* What the database said: FAIL_CONFLICT 409, a missing reference 422, input
 * 422, busy and lost connections 503 with Retry-After, else 500; sentences
 * for constraints are in a table.  Logged from 500 on. */
void problem_db(struct request *q, const struct err *err);

#endif
